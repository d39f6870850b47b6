extension Collection<UInt8> {
    /// Lends the bytes as one piece of memory whose address is never null; copies only what is not contiguous.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>, Int) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // `withContiguousStorageIfAvailable` rethrows untyped errors, so the outcome travels as a value.
        let lent = withContiguousStorageIfAvailable { buffer in
            Self.lend(buffer, to: body)
        }
        if let lent { return try lent.get() }
        return try Array(self).withUnsafeBufferPointer { buffer in
            Self.lend(buffer, to: body)
        }.get()
    }

    private static func lend<Result, Failure: Error>(
        _ buffer: UnsafeBufferPointer<UInt8>,
        to body: (UnsafePointer<UInt8>, Int) throws(Failure) -> Result
    ) -> Swift.Result<Result, Failure> {
        do throws(Failure) {
            guard let start = buffer.baseAddress else {
                var nothing: UInt8 = 0
                return try .success(withUnsafePointer(to: &nothing) { pointer throws(Failure) in try body(pointer, 0) })
            }
            return try .success(body(start, buffer.count))
        } catch {
            return .failure(error)
        }
    }
}
