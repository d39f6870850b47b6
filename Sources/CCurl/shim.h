#pragma once
/* libcurl for Swift: its set and get functions are variadic, which Swift cannot call, so there is one typed function per
   kind of argument. Callback types are libcurl's own. */
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <string.h>

/* curl_easy_setopt */
static inline CURLcode omni_curl_set_long(CURL *_Nonnull handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode omni_curl_set_offset(CURL *_Nonnull handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
/* libcurl copies the text, except for CURLOPT_POSTFIELDS, which is set through omni_curl_set_pointer. */
static inline CURLcode omni_curl_set_string(CURL *_Nonnull handle, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode omni_curl_set_pointer(CURL *_Nonnull handle, CURLoption option, const void *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode omni_curl_set_list(
    CURL *_Nonnull handle, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode omni_curl_on_bytes(
    CURL *_Nonnull handle, CURLoption option, curl_write_callback _Nullable function) {
    return curl_easy_setopt(handle, option, function);
}
static inline CURLcode omni_curl_on_open_socket(CURL *_Nonnull handle, curl_opensocket_callback _Nullable function) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode omni_curl_on_close_socket(CURL *_Nonnull handle, curl_closesocket_callback _Nullable function) {
    return curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, function);
}
static inline CURLcode omni_curl_on_request(CURL *_Nonnull handle, curl_prereq_callback _Nullable function) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, function);
}

/* curl_easy_getinfo; the caller gives a default by initialising the result. */
static inline CURLcode omni_curl_get_long(CURL *_Nonnull handle, CURLINFO info, long *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode omni_curl_get_offset(CURL *_Nonnull handle, CURLINFO info, curl_off_t *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
/* What was set as CURLOPT_PRIVATE. */
static inline void *_Nullable omni_curl_private(CURL *_Nonnull handle) {
    char *value = NULL;
    return curl_easy_getinfo(handle, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

/* curl_multi_setopt */
static inline CURLMcode omni_curl_multi_set_long(CURLM *_Nonnull multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode omni_curl_multi_set_pointer(CURLM *_Nonnull multi, CURLMoption option, void *_Nullable value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode omni_curl_multi_on_socket(CURLM *_Nonnull multi, curl_socket_callback _Nullable function) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode omni_curl_multi_on_timer(CURLM *_Nonnull multi, curl_multi_timer_callback _Nullable function) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

/* A macro with a cast. */
static inline long omni_curl_auth_basic(void) { return (long)CURLAUTH_BASIC; }

/* The certificate bundle libcurl was built to use, or null. */
static inline const char *_Nullable omni_curl_default_bundle(void) {
    curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}

/* Copies the address a socket is about to be opened for, in network order: 4 or 16 bytes, 0 for another family.
   The structure's last member is declared shorter than what libcurl stores there, so Swift must not read it by type. */
static inline int omni_curl_address(const struct curl_sockaddr *_Nonnull socket, unsigned char *_Nonnull bytes) {
    const unsigned char *address = (const unsigned char *)&socket->addr;
    if (socket->family == AF_INET && socket->addrlen >= sizeof(struct sockaddr_in)) {
        memcpy(bytes, address + offsetof(struct sockaddr_in, sin_addr), 4);
        return 4;
    }
    if (socket->family == AF_INET6 && socket->addrlen >= sizeof(struct sockaddr_in6)) {
        memcpy(bytes, address + offsetof(struct sockaddr_in6, sin6_addr), 16);
        return 16;
    }
    return 0;
}
/* The port of that address, 0 for another family: it is in the same place for both. */
static inline int omni_curl_port(const struct curl_sockaddr *_Nonnull socket) {
    in_port_t port;
    if (socket->family != AF_INET && socket->family != AF_INET6) return 0;
    memcpy(&port, (const unsigned char *)&socket->addr + offsetof(struct sockaddr_in, sin_port), sizeof port);
    return ntohs(port);
}

/* libcurl takes the end of a TCP connection for the end of what TLS carries, which somebody on the way can bring about. These
   two note in *said_goodbye whether the peer ended it itself (close_notify).
   The application data of the SSL object is libcurl's; that of its context, made for this connection alone, is free. */
static inline void omni_curl_tls_event(const SSL *_Nonnull ssl, int what, int value) {
    if ((what & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (value & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
    unsigned char *said_goodbye = (unsigned char *)SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0);
    if (said_goodbye) *said_goodbye = 1;
}
/* To be called while a transfer uses the connection; said_goodbye must live until the connection is closed. Returns 0 when
   there is no TLS, or not OpenSSL's. */
static inline int omni_curl_watch_goodbye(CURL *_Nonnull handle, unsigned char *_Nonnull said_goodbye) {
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info) return 0;
    if (info->backend != CURLSSLBACKEND_OPENSSL || !info->internals) return 0;
    SSL *ssl = (SSL *)info->internals;
    if (!SSL_CTX_set_ex_data(SSL_get_SSL_CTX(ssl), 0, said_goodbye)) return 0;
    SSL_set_info_callback(ssl, omni_curl_tls_event);
    return 1;
}
