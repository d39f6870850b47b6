import JSONCore
import Testing

@testable import Dialects

@Suite struct `Matrix of requests` {
    private enum Outcome {
        case sent([UInt8], losses: [Loss])
        case refused(DialectError)
    }

    private func translate(_ input: Matrix.Input, _ direction: Direction) throws -> Outcome {
        let body = try JSONDocument.parse(input.bytes)
        let address = RequestAddress(model: direction.client == .gemini ? "my-model" : nil)
        do throws(DialectError) {
            let facts = try RequestFacts.read(body, dialect: direction.client, address: address)
            let streams = facts.streams ?? false
            var context = makeContext(direction.client, direction.upstream, streams: streams)
            let bytes = try RequestTranslator.translate(
                body,
                profile: .vendor(direction.upstream),
                context: &context,
                upstreamStreams: streams
            )
            return .sent(bytes, losses: context.losses)
        } catch {
            return .refused(error)
        }
    }

    @Test(arguments: Direction.all)
    func `a request becomes what is expected, and what its vendor takes`(direction: Direction) throws {
        Matrix.forget(direction, ["requests", "losses"])
        for input in try Matrix.requests(direction.client) {
            var losses: [Loss] = []
            switch try translate(input, direction) {
            case .sent(let bytes, let lost):
                losses = lost
                try Matrix.check(bytes, direction, "requests/\(input.name).json")
                validate(bytes, of: input, direction)
            case .refused(let error):
                let (status, body) = ErrorBody.render(error.failure, dialect: direction.client, requestID: "req_test")
                #expect(status == 400, "\(direction.folder) \(input.name)")
                #expect(error.kind != .server, "\(direction.folder) \(input.name)")
                try Matrix.check(body, direction, "requests/\(input.name).error.json")
            }
            let list = losses.map { $0.name + "\n" }.joined()
            try Matrix.checkRare(list, direction, "losses/\(input.name).txt")
        }
    }

    /// What a client of the target's own dialect sends is not made legal, but it must not become illegal.
    private func validate(_ bytes: [UInt8], of input: Matrix.Input, _ direction: Direction) {
        let complaints = self.complaints(bytes, direction.upstream)
        if direction.client == direction.upstream, !self.complaints(input.bytes, direction.upstream).isEmpty { return }
        #expect(complaints.isEmpty, "\(direction.folder) \(input.name)")
    }

    private func complaints(_ bytes: [UInt8], _ dialect: Dialect) -> [String] {
        let log = Complaints()
        if let root = Node(parsing: bytes, "request", log) { dialect.validator.checkRequest(root) }
        return log.texts
    }
}
