private import CCurl

/// libcurl as a whole: initialised once per process, before the first handle.
enum CurlLibrary {
    /// Whether the library can be used; `curl_global_init` is thread-safe in this version, and Swift runs this once.
    static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// The certificate bundle the library was built to use.
    static var defaultCertificateBundle: String? {
        omni_curl_default_bundle().map { String(cString: $0) }
    }
}
