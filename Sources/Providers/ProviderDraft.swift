/// The fields of a provider while they are read from the catalogue file.
struct ProviderDraft {
    var id: String
    var alias: String
    var aliases: [String]
    var name: String
    var category: ProviderCategory
    var status: ProviderStatus
    var freeTier: Bool
    var subscriptionRisk: Bool
    var unofficial: Bool
    var website: String?
    var format: WireFormat?
    var executor: String
    var auth: ProviderAuth
    var headers: [HeaderTemplate]
    var clientIdentityHeaders: [HeaderTemplate]
    var baseURL: String?
    var chat: ChatService?
    var services: [OtherService]
    var pricing: PriceList
    var keyEnvironment: [String]
    var notes: [String]
    var anonymousFallback: Bool
}
