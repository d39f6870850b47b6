import Dialects
import EventLoop
import HTTPCore

@testable import Gateway
@testable import HTTPClient

/// An upstream answer that comes exactly as its script says.
///
/// `@unchecked Sendable`: used on the loop of its test only.
final class ScriptedSource: AnswerSource, @unchecked Sendable {
    enum Step {
        case bytes(String)
        /// Nothing comes until the source is cancelled or told to go on.
        case wait
        case pause(Duration)
        /// The transfer breaks.
        case fail(TransferError.Code)
        /// Looks at what has happened so far, before anything else comes.
        case act(() -> Void)
    }

    let status: HTTPStatus
    let headers: HTTPHeaders
    let isDelimitedByClose: Bool
    private var steps: ArraySlice<Step>
    private var waiter: CheckedContinuation<Void, Never>?
    private(set) var isCancelled = false
    private(set) var readCount = 0

    init(
        _ steps: [Step],
        status: HTTPStatus = .ok,
        headers: [(String, String)] = [("content-type", "text/event-stream")],
        isDelimitedByClose: Bool = false
    ) {
        self.steps = steps[...]
        self.status = status
        self.headers = HTTPHeaders(headers)
        self.isDelimitedByClose = isDelimitedByClose
    }

    /// A stream of a provider of a dialect.
    static func stream(_ dialect: Dialect, _ steps: [Step], isDelimitedByClose: Bool = false) -> ScriptedSource {
        ScriptedSource(
            steps,
            headers: [("content-type", dialect.streamType)],
            isDelimitedByClose: isDelimitedByClose
        )
    }

    /// An answer in one piece.
    static func json(_ body: String, then rest: [Step] = []) -> ScriptedSource {
        ScriptedSource([.bytes(body)] + rest, headers: [("content-type", "application/json")])
    }

    func header(_ name: StaticString) -> String? { headers["\(name)"] }

    func read() async throws(TransferError) -> [UInt8]? {
        readCount += 1
        while true {
            guard !isCancelled, !Task.isCancelled else { throw TransferError(.cancelled, host: "upstream.test") }
            guard let step = steps.popFirst() else { return nil }
            switch step {
            case .bytes(let text): return Array(text.utf8)
            case .fail(let code): throw TransferError(code, host: "upstream.test")
            case .act(let body): body()
            case .pause(let duration): try? await EventLoop.current?.sleep(for: duration)
            case .wait: await suspend()
            }
        }
    }

    private func suspend() async {
        let loop = EventLoop.current
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            loop?.execute { self.resume() }
        }
    }

    /// Ends a wait; what comes next in the script comes now.
    func resume() {
        let waiting = waiter
        waiter = nil
        waiting?.resume()
    }

    func cancel() {
        isCancelled = true
        resume()
    }
}
