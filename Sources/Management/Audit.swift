import Gate
import HTTPCore
import JSONCore
import Store

extension Call {
    /// An audit row about this call.
    func audit(
        _ action: String,
        target: String? = nil,
        resource: String? = nil,
        status: String = "success",
        details: ((inout JSONWriter) -> Void)? = nil
    ) -> AuditEntry {
        var document: JSONDocument?
        if let details {
            var writer = JSONWriter()
            writer.beginObject()
            details(&writer)
            writer.endObject()
            document = try? JSONDocument.parse(writer.bytes)
        }
        return AuditEntry(
            action: action,
            actor: principal.auditName,
            target: target,
            details: document,
            ipAddress: source.address?.description,
            resourceType: resource,
            status: status,
            requestID: requestID
        )
    }
}
