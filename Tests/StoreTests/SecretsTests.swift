import CryptoCore
import Foundation
import SQLiteStore
import Testing

@testable import Store

struct SecretsTests {
    private let scratch: Scratch
    private let directory: DataDirectory

    init() throws {
        scratch = try Scratch()
        directory = try scratch.directory()
    }

    private func environment(_ process: [String: String] = [:], workingDirectory: String? = nil) throws -> Environment {
        try Environment(process: process, directory: directory, workingDirectory: workingDirectory)
    }

    @Test func `the first start makes secrets and keeps them for the next`() throws {
        let first = try Secrets.resolve(in: directory, environment: environment())
        #expect(
            first.generated
                == ["JWT_SECRET", "API_KEY_SECRET", "STORAGE_ENCRYPTION_KEY", "STORAGE_ENCRYPTION_KEY_VERSION"]
        )
        #expect(first.warnings.isEmpty)
        #expect(first.jwt.count == 128 && first.apiKey.count == 64 && first.storage.count == 64)
        #expect(try scratch.mode("server.env") == 0o600)
        let second = try Secrets.resolve(in: directory, environment: environment())
        #expect(second.generated.isEmpty)
        #expect(second.jwt == first.jwt && second.apiKey == first.apiKey && second.storage == first.storage)
        #expect(second.storageKeyID == "v1")
    }

    @Test func `the environment wins over files, and files over server.env`() throws {
        let strong = (0..<4).map { String(repeating: "\($0)abcdefgh", count: 5) }
        try scratch.write("JWT_SECRET=\(strong[0])\n", to: "server.env")
        #expect(try Secrets.resolve(in: directory, environment: environment()).jwt == Secret(strong[0]))
        let elsewhere = try Scratch()
        try elsewhere.write("JWT_SECRET=\(strong[1])\n", to: ".env")
        let here = elsewhere.path
        #expect(
            try Secrets.resolve(in: directory, environment: environment(workingDirectory: here)).jwt
                == Secret(strong[1])
        )
        try scratch.write("export JWT_SECRET='\(strong[2])' # mine\n", to: ".env")
        #expect(
            try Secrets.resolve(in: directory, environment: environment(workingDirectory: here)).jwt
                == Secret(strong[2])
        )
        let all = try environment(["JWT_SECRET": strong[3]], workingDirectory: here)
        #expect(try Secrets.resolve(in: directory, environment: all).jwt == Secret(strong[3]))
        #expect(all.candidates("JWT_SECRET").map(\.source) == [.process, .dotEnv, .dotEnv, .server])
    }

    @Test(arguments: [
        "omniroute-default-secret-change-me", "short", "endpoint-proxy-api-key-secret",
        "CHANGEME-CHANGEME-CHANGEME-CHANGEME", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ])
    func `published and short values are passed over with a warning`(value: String) throws {
        let secrets = try Secrets.resolve(
            in: directory,
            environment: environment(["JWT_SECRET": value, "API_KEY_SECRET": value])
        )
        #expect(secrets.warnings.map(\.name) == ["JWT_SECRET", "API_KEY_SECRET"])
        #expect(secrets.jwt != Secret(value) && secrets.apiKey != Secret(value))
    }

    @Test func `an empty value counts as none`() throws {
        let secrets = try Secrets.resolve(
            in: directory,
            environment: environment(["JWT_SECRET": "", "STORAGE_ENCRYPTION_KEY": ""])
        )
        #expect(secrets.generated.contains("JWT_SECRET") && secrets.generated.contains("STORAGE_ENCRYPTION_KEY"))
    }

    @Test func `the storage key has other names, and a weak one is used but warned about`() throws {
        let secrets = try Secrets.resolve(
            in: directory,
            environment: environment(["OMNIROUTE_CRYPT_KEY": "weak", "STORAGE_ENCRYPTION_KEY_VERSION": "k7"])
        )
        #expect(secrets.storage == Secret("weak"))
        #expect(secrets.warnings.map(\.name) == ["OMNIROUTE_CRYPT_KEY"])
        #expect(secrets.storageKeyID == "k7")
    }

    @Test func `no new storage key is made while encrypted values exist`() throws {
        for text in ["enc:v1:00:11:22", "enc:v2:v1:AAAA:BBBB"] {
            try scratch.modify { database in
                try database.script("CREATE TABLE IF NOT EXISTS provider_connections(id TEXT, refresh_token TEXT)")
                try database.execute("DELETE FROM provider_connections")
                try database.execute("INSERT INTO provider_connections VALUES ('1', ?)", [.text(text)])
            }
            let failure = #expect(throws: SecretsError.self) {
                try Secrets.resolve(in: directory, environment: environment())
            }
            #expect(failure?.code == .storageKeyMissing)
            #expect(failure?.description.contains("STORAGE_ENCRYPTION_KEY") == true)
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.file("server.env")))
        _ = try Secrets.resolve(in: directory, environment: environment(["STORAGE_ENCRYPTION_KEY": "the old one"]))
    }

    @Test func `an unreadable database is no reason to make a key`() throws {
        try scratch.write(String(repeating: "x", count: 5000), to: "storage.sqlite")
        let failure = #expect(throws: SecretsError.self) {
            try Secrets.resolve(in: directory, environment: environment())
        }
        #expect(failure?.code == .databaseUnreadable)
    }

    @Test func `secrets that cannot be kept stop the start`() throws {
        // The name under which the new content is written is taken by a directory.
        try FileManager.default.createDirectory(
            atPath: scratch.file("server.env.new"),
            withIntermediateDirectories: false
        )
        let failure = #expect(throws: SecretsError.self) {
            try Secrets.resolve(in: directory, environment: environment())
        }
        #expect(failure?.code == .notPersisted)
    }

    @Test func `keys for different purposes differ`() throws {
        let secrets = Scratch.secrets
        let keys = try [Secrets.Purpose.session, .csrf, .oauthState].map { try secrets.key(for: $0) }
        #expect(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2])
        #expect(try secrets.key(for: .session) == keys[0])
    }

    @Test func `environment files are read as shells write them`() {
        let text = """
            # a comment
            PLAIN=value
              SPACED = around\u{20}
            export EXPORTED=yes
            DOUBLE="a # b \\" c\\nd" # comment
            SINGLE='a # b \\n'
            TAIL=value # comment
            HASH=a#b
            EMPTY=
            BAD NAME=x
            nonsense
            """
        let entries = EnvironmentFile.parse(Array((text + "\r\nLAST=line").utf8))
        let expected = [
            ("PLAIN", "value"), ("SPACED", "around"), ("EXPORTED", "yes"), ("DOUBLE", "a # b \" c\nd"),
            ("SINGLE", "a # b \\n"), ("TAIL", "value"), ("HASH", "a#b"), ("EMPTY", ""), ("LAST", "line"),
        ]
        #expect(entries.map(\.0) == expected.map(\.0))
        #expect(entries.map(\.1) == expected.map(\.1))
    }
}
