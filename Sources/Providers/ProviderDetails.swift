/// What the catalogue says about a provider beyond its names.
final class ProviderDetails: Sendable {
    let status: ProviderStatus
    let freeTier: Bool
    let subscriptionRisk: Bool
    let unofficial: Bool
    let website: String?
    let format: WireFormat?
    let executor: String
    let auth: ProviderAuth
    let headers: [HeaderTemplate]
    let clientIdentityHeaders: [HeaderTemplate]
    let baseURL: String?
    let chat: ChatService?
    let services: [OtherService]
    let pricing: PriceList
    let keyEnvironment: [String]
    let notes: [String]
    let anonymousFallback: Bool
    let unsupportedReason: String?

    init(
        status: ProviderStatus,
        freeTier: Bool,
        subscriptionRisk: Bool,
        unofficial: Bool,
        website: String?,
        format: WireFormat?,
        executor: String,
        auth: ProviderAuth,
        headers: [HeaderTemplate],
        clientIdentityHeaders: [HeaderTemplate],
        baseURL: String?,
        chat: ChatService?,
        services: [OtherService],
        pricing: PriceList,
        keyEnvironment: [String],
        notes: [String],
        anonymousFallback: Bool
    ) {
        self.status = status
        self.freeTier = freeTier
        self.subscriptionRisk = subscriptionRisk
        self.unofficial = unofficial
        self.website = website
        self.format = format
        self.executor = executor
        self.auth = auth
        self.headers = headers
        self.clientIdentityHeaders = clientIdentityHeaders
        self.baseURL = baseURL
        self.chat = chat
        self.services = services
        self.pricing = pricing
        self.keyEnvironment = keyEnvironment
        self.notes = notes
        self.anonymousFallback = anonymousFallback
        unsupportedReason = ExecutorSupport.unsupportedReason(
            executor: executor,
            format: chat == nil ? nil : format,
            auth: auth.type
        )
    }

    /// Stands for an entry that cannot be read.
    static let unreadable = ProviderDetails(
        status: .active,
        freeTier: false,
        subscriptionRisk: false,
        unofficial: false,
        website: nil,
        format: nil,
        executor: "",
        auth: ProviderAuth(type: .none, header: nil, scheme: ""),
        headers: [],
        clientIdentityHeaders: [],
        baseURL: nil,
        chat: nil,
        services: [],
        pricing: PriceList([:]),
        keyEnvironment: [],
        notes: [],
        anonymousFallback: false
    )
}
