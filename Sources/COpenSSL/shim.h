#pragma once
/* OpenSSL's libcrypto for Swift. The functions below hide OSSL_PARAM arrays and control macros. 1 means success. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 5869, extract and expand. An empty salt or info must still point somewhere. */
static inline int omni_openssl_hkdf_sha256(const uint8_t *_Nonnull secret, size_t secret_count,
                                           const uint8_t *_Nonnull salt, size_t salt_count,
                                           const uint8_t *_Nonnull info, size_t info_count, uint8_t *_Nonnull out,
                                           size_t out_count) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    if (kdf == NULL) return 0;
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    if (context == NULL) return 0;
    OSSL_PARAM params[5] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
        OSSL_PARAM_construct_end(),
    };
    int result = EVP_KDF_derive(context, out, out_count, params);
    EVP_KDF_CTX_free(context);
    return result > 0;
}

/* A keyed HMAC-SHA256 context; null on failure. Freed with EVP_MAC_CTX_free. */
static inline EVP_MAC_CTX *_Nullable omni_openssl_hmac_sha256_new(const uint8_t *_Nonnull key, size_t count) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (mac == NULL) return NULL;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (context == NULL) return NULL;
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_init(context, key, count, params) != 1) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    return context;
}

/* Code of one message; the context keeps its key and may be used again. */
static inline int omni_openssl_hmac_sha256(EVP_MAC_CTX *_Nonnull context, const uint8_t *_Nonnull bytes, size_t count,
                                           uint8_t *_Nonnull out32) {
    size_t written = 0;
    if (EVP_MAC_init(context, NULL, 0, NULL) != 1) return 0;
    if (EVP_MAC_update(context, bytes, count) != 1) return 0;
    return EVP_MAC_final(context, out32, &written, 32) == 1 && written == 32;
}

static inline int omni_openssl_gcm_set_iv_length(EVP_CIPHER_CTX *_Nonnull context, int count) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, count, NULL);
}

static inline int omni_openssl_gcm_get_tag(EVP_CIPHER_CTX *_Nonnull context, uint8_t *_Nonnull tag16) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag16);
}

static inline int omni_openssl_gcm_set_tag(EVP_CIPHER_CTX *_Nonnull context, const uint8_t *_Nonnull tag16) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, (void *)tag16);
}
