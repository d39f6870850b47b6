private import CCurl

extension Transfer {
    /// What libcurl's result means for this transfer; nil for success.
    ///
    /// Asked before the handle is taken away.
    func error(for code: Int, _ handle: EasyHandle) -> TransferError? {
        let result = CURLcode(UInt32(clamping: code))
        guard result != CURLE_OK else {
            return isCutOff ? failure(.closedEarly, diagnostic: "TLS was not ended by the server") : nil
        }
        let diagnostic = handle.diagnostic
        let kind = abortCode ?? kind(of: result, handle, diagnostic)
        return failure(
            kind,
            curlCode: code,
            diagnostic: diagnostic.isEmpty ? String(cString: curl_easy_strerror(result)) : diagnostic
        )
    }

    private func kind(of result: CURLcode, _ handle: EasyHandle, _ diagnostic: String) -> TransferError.Code {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: .invalidURL
        case CURLE_UNSUPPORTED_PROTOCOL: phase == .awaitingHead ? .protocolViolation : .invalidURL
        case CURLE_COULDNT_RESOLVE_HOST: .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy
        case CURLE_COULDNT_CONNECT: request.proxy == nil ? .connect : .proxy
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
            .tls
        case CURLE_OPERATION_TIMEDOUT: .timeout(phase == .connecting ? .connect : .idle)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM:
            lostConnection(handle, diagnostic)
        case CURLE_HTTP2, CURLE_WEIRD_SERVER_REPLY: .protocolViolation
        case CURLE_BAD_CONTENT_ENCODING: .undecodable
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        // libcurl's own limits on headers, which are wider than ours except for a single line.
        case CURLE_OUT_OF_MEMORY where phase == .awaitingHead: .tooLarge
        default: .internal
        }
    }

    /// The connection broke, or what came over it made no sense; libcurl says both alike.
    private func lostConnection(_ handle: EasyHandle, _ diagnostic: String) -> TransferError.Code {
        if phase == .connecting { return request.proxy == nil ? .connect : .proxy }
        return diagnostic.hasSuffix("in chunked-encoding") ? .protocolViolation : .closedEarly
    }
}
