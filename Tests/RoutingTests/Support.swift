import Dialects
import HTTPCore
import JSONCore
import Providers
import TimeCore

@testable import Routing

let catalogue: Catalogue = {
    guard let catalogue = try? Catalogue.load() else { preconditionFailure("the embedded catalogue does not load") }
    return catalogue
}()

/// Saturday, noon.
let noon = WallTime(iso8601: "2026-01-31T12:00:00Z") ?? .now()

func options(_ json: String) -> ConnectionOptions { ConnectionOptions(try? JSONDocument.parse(Array(json.utf8))) }

func connected(_ providers: String...) -> [Account] {
    providers.map { Account(id: $0 + "-1", provider: $0) }
}

func model(_ name: String, id: String? = nil, provider: String? = nil, account: String? = nil) -> RoutedCombo.Step {
    .model(id: id ?? name, model: name, provider: provider, account: account, label: nil)
}

func combo(
    _ name: String,
    _ steps: [RoutedCombo.Step],
    settings: ComboSettings = ComboSettings(),
    isActive: Bool = true,
    allowed: Set<String> = []
) -> RoutedCombo {
    RoutedCombo(
        id: name + "-id",
        name: name,
        steps: steps,
        settings: settings,
        isActive: isActive,
        allowedProviders: allowed
    )
}

func evidence(
    _ status: Int,
    _ message: String = "went wrong",
    provider: String = "openai",
    code: String? = nil,
    type: String? = nil,
    headers: [(String, String)] = [],
    cause: Failure.Cause = .status,
    retryAfter: Int? = nil,
    isReadinessTimeout: Bool = false
) -> FailureEvidence {
    let failure = Failure(
        FailureKind(status: status),
        message,
        status: status,
        type: type,
        code: code,
        retryAfter: retryAfter,
        cause: cause
    )
    return FailureEvidence(
        failure,
        provider: provider,
        headers: HTTPHeaders(headers),
        isReadinessTimeout: isReadinessTimeout
    )
}

extension RoutingTables {
    func target(_ name: String) -> RouteTarget {
        guard case .single(let target) = ModelResolver(self).resolve(name) else { preconditionFailure("\(name)") }
        return target
    }
}

extension Resolution {
    /// `provider|model`, `combo:name` or `status message`, for comparison.
    var summary: String {
        switch self {
        case .combo(let combo, let long): "combo:\(combo.name)\(long ? " long" : "")"
        case .single(let target): "\(target.provider)|\(target.model)\(target.wantsLongContext ? " long" : "")"
        case .failure(let failure): "\(failure.status) \(failure.message)"
        }
    }
}

extension Account {
    /// The same account as a newer row of the store tells it.
    func row(at moment: WallTime, _ stored: StoredHealth = StoredHealth()) -> Account {
        Account(id: id, provider: provider, kind: kind, updatedAt: moment, stored: stored)
    }
}
