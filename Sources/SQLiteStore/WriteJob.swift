/// A piece of work for the writer; the writer's thread runs and finishes it.
protocol WriteJob: AnyObject, Sendable {
    /// How often it was undone through no fault of its own.
    var attempts: Int { get set }
    /// Does the work and keeps the result.
    func run(_ database: Database) throws
    /// Tells whoever waits: the kept result, or a failure.
    func finish(_ failure: (any Error)?)
}

/// A job with a typed result.
///
/// Only the writer's thread touches the variables, and it hands the result over exactly once.
final class TypedWriteJob<Result: Sendable>: WriteJob, @unchecked Sendable {
    var attempts = 0
    private var result: Result?
    private let body: @Sendable (Database) throws -> Result
    private let completion: @Sendable (Swift.Result<Result, any Error>) -> Void

    init(
        _ body: @escaping @Sendable (Database) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        self.body = body
        self.completion = completion
    }

    func run(_ database: Database) throws {
        result = try body(database)
    }

    func finish(_ failure: (any Error)?) {
        if let failure {
            completion(.failure(failure))
        } else if let result {
            completion(.success(result))
        } else {
            completion(.failure(SQLiteError(.unavailable, "the write was never run")))
        }
        result = nil
    }
}
