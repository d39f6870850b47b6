/// Writes failures as the body of an HTTP answer, in the client's dialect.
package enum ErrorBody {
    /// The status and the JSON body for a client of `dialect`.
    package static func render(
        _ failure: Failure,
        dialect: Dialect,
        requestID: String
    ) -> (status: Int, body: [UInt8]) {
        (dialect.codec.status(of: failure), dialect.codec.errorBody(failure, requestID: requestID))
    }
}
