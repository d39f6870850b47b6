private import Glibc
import JSONCore
import Store
import TimeCore

/// `omniroute doctor`: looks at everything that can keep the server from working, and says what to do.
struct DoctorCommand: Sendable {
    let backend: Backend
    let version: String

    var all: [CommandSpec] {
        [
            CommandSpec(
                "doctor",
                "check the installation and say what is wrong",
                details: "Changes nothing, except that the data directory is set up if it does not exist yet.",
                options: [.json],
                action: examine
            )
        ]
    }

    /// One finding.
    struct Finding: Sendable {
        enum Level: String, Sendable { case ok, warning, failure }

        let subject: String
        let level: Level
        let message: String
    }

    private func examine(_ arguments: ParsedArguments, _ terminal: Terminal) async throws -> ExitCode {
        let directory = try DataDirectoryChoice.path(arguments, terminal)
        var findings = Self.machine(terminal.environment)
        findings += Self.files(in: directory)
        findings += await server(arguments, terminal)
        report(findings, asJSON: arguments.has("json"), terminal)
        return findings.contains { $0.level == .failure } ? .failure : .success
    }

    private func report(_ findings: [Finding], asJSON: Bool, _ terminal: Terminal) {
        if asJSON {
            var writer = JSONWriter()
            writer.beginArray()
            for finding in findings {
                writer.beginObject()
                writer.member("subject", finding.subject)
                writer.member("level", finding.level.rawValue)
                writer.member("message", finding.message)
                writer.endObject()
            }
            writer.endArray()
            return terminal.print(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
        let marks: [Finding.Level: String] = [.ok: "ok     ", .warning: "warning", .failure: "FAILED "]
        for finding in findings {
            terminal.print("\(marks[finding.level] ?? "")  \(finding.subject): \(finding.message)\n")
        }
    }

    // MARK: - The machine

    static func machine(_ environment: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = Int(clamping: limit.rlim_cur)
        findings.append(
            Finding(
                subject: "open files",
                level: files < 4096 ? .warning : .ok,
                message: files < 4096
                    ? "at most \(files), which limits concurrent connections; raise it with 'ulimit -n 65536' or LimitNOFILE"
                    : "at most \(files)"
            )
        )
        let isClockSane = WallTime.now() > WallTime(unixSeconds: 1_735_689_600)
        findings.append(
            Finding(
                subject: "clock",
                level: isClockSane ? .ok : .failure,
                message: isClockSane
                    ? WallTime.now().iso8601 : "set before 2025; certificates and sessions will be refused"
            )
        )
        let bundle = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
        let hasBundle = bundle.contains { access($0, R_OK) == 0 }
        findings.append(
            Finding(
                subject: "certificates",
                level: hasBundle ? .ok : .failure,
                message: hasBundle ? "found" : "none found; install ca-certificates, or no provider can be reached"
            )
        )
        return findings + secrets(environment)
    }

    private static func secrets(_ environment: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        for name in ["JWT_SECRET", "API_KEY_SECRET"] {
            guard let value = environment[name], !value.isEmpty, WeakSecrets.isWeak(value) else { continue }
            findings.append(
                Finding(
                    subject: name,
                    level: .warning,
                    message: "too short or published; it is ignored, and an exposed server refuses to start"
                )
            )
        }
        if let password = environment["INITIAL_PASSWORD"], WeakSecrets.isPublishedPassword(password) {
            findings.append(
                Finding(
                    subject: "INITIAL_PASSWORD",
                    level: .warning,
                    message: "printed in documentation; it only works on this machine and only to choose another one"
                )
            )
        }
        return findings
    }

    // MARK: - The data directory

    static func files(in directory: String) -> [Finding] {
        var information = stat()
        guard stat(directory, &information) == 0 else {
            return [
                Finding(subject: "data directory", level: .ok, message: "\(directory) will be made by the first start")
            ]
        }
        var findings: [Finding] = []
        if information.st_uid != geteuid(), geteuid() != 0 {
            findings.append(
                Finding(subject: "data directory", level: .failure, message: "\(directory) belongs to another user")
            )
        } else if access(directory, R_OK | W_OK | X_OK) != 0 {
            findings.append(
                Finding(subject: "data directory", level: .failure, message: "\(directory) cannot be written")
            )
        } else if information.st_mode & 0o077 != 0 {
            findings.append(
                Finding(
                    subject: "data directory",
                    level: .warning,
                    message: "\(directory) is open to other users; the next start closes it"
                )
            )
        } else {
            findings.append(Finding(subject: "data directory", level: .ok, message: directory))
        }
        for name in ["server.env", "storage.sqlite"] {
            guard stat("\(directory)/\(name)", &information) == 0, information.st_mode & 0o077 != 0 else { continue }
            findings.append(
                Finding(
                    subject: name,
                    level: .warning,
                    message: "readable for other users; run 'chmod 600 \(directory)/\(name)'"
                )
            )
        }
        return findings + space(in: directory)
    }

    private static func space(in directory: String) -> [Finding] {
        var information = statvfs()
        guard statvfs(directory, &information) == 0 else { return [] }
        let megabytes = (Int(information.f_bavail) * Int(information.f_frsize)) >> 20
        return [
            Finding(
                subject: "disk space",
                level: megabytes < 200 ? .warning : .ok,
                message: "\(megabytes) MB free"
            )
        ]
    }

    // MARK: - The server

    private func server(_ arguments: ParsedArguments, _ terminal: Terminal) async -> [Finding] {
        var findings: [Finding] = []
        do {
            _ = try await backend.use(arguments, terminal) { client in
                let health = try client.send("GET", "/api/monitoring/health").require()
                let connections = try client.send("GET", "/api/providers").require()
                let keys = try client.send("GET", "/api/keys").require()
                findings += Self.findings(health: health.root, connections: connections.root, keys: keys.root)
                return .success
            }
        } catch let error as CommandError {
            let hint = error.hint.map { " (\($0))" } ?? ""
            findings.append(Finding(subject: "server", level: .failure, message: error.message + hint))
        } catch {
            findings.append(Finding(subject: "server", level: .failure, message: "\(error)"))
        }
        return findings
    }

    static func findings(health: JSONValue, connections: JSONValue, keys: JSONValue) -> [Finding] {
        var findings: [Finding] = []
        let status = health["status"]?.string ?? "unknown"
        findings.append(
            Finding(
                subject: "database",
                level: status == "healthy" ? .ok : .failure,
                message: status == "healthy" ? "opens, writes and is in order" : status
            )
        )
        let canDecrypt = health["cryptography"]?["status"]?.string != "missing_or_invalid"
        findings.append(
            Finding(
                subject: "stored credentials",
                level: canDecrypt ? .ok : .failure,
                message: canDecrypt
                    ? "can be decrypted"
                    : "some cannot be decrypted; set STORAGE_ENCRYPTION_KEY to the key they were stored with, or enter them again"
            )
        )
        let all = connections["connections"]?.elements.map { $0 } ?? []
        let active = all.filter { $0["isActive"]?.bool == true }
        findings.append(
            Finding(
                subject: "providers",
                level: active.isEmpty ? .warning : .ok,
                message: active.isEmpty
                    ? "none is connected; try 'omniroute providers add openai'"
                    : "\(active.count) accounts are connected"
            )
        )
        for connection in active where connection["testStatus"]?.string == "error" {
            findings.append(
                Finding(
                    subject: connection["name"]?.string ?? "account",
                    level: .warning,
                    message: connection["lastError"]?.string ?? "the last test failed"
                )
            )
        }
        findings.append(
            Finding(subject: "API keys", level: .ok, message: "\(keys["total"]?.int ?? 0)")
        )
        return findings
    }
}
