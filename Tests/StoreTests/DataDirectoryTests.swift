import Foundation
import Testing

@testable import Store

struct DataDirectoryTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func `the place follows DATA_DIR, an old directory, XDG and home, in this order`() throws {
        let home = scratch.file("home")
        var environment = ["HOME": home, "XDG_CONFIG_HOME": "/somewhere/config", "DATA_DIR": "/data/here/"]
        #expect(try DataDirectory.location(environment: environment) == "/data/here")
        environment["DATA_DIR"] = "~/data"
        #expect(try DataDirectory.location(environment: environment) == home + "/data")
        environment["DATA_DIR"] = ""
        #expect(try DataDirectory.location(environment: environment) == "/somewhere/config/omniroute")
        environment["XDG_CONFIG_HOME"] = nil
        #expect(try DataDirectory.location(environment: environment) == home + "/.omniroute")
        environment["XDG_CONFIG_HOME"] = "/somewhere/config"
        try FileManager.default.createDirectory(atPath: home + "/.omniroute", withIntermediateDirectories: true)
        #expect(try DataDirectory.location(environment: environment) == home + "/.omniroute")
        environment["DATA_DIR"] = "relative"
        #expect(try DataDirectory.location(environment: environment).hasSuffix("/relative"))
    }

    @Test func `a new directory and an open one are for this user alone`() throws {
        let directory = try DataDirectory.open(scratch.file("a/b/c"))
        #expect(try scratch.mode("a/b/c") == 0o700)
        #expect(try scratch.mode("a/b/c/omniroute.lock") == 0o600)
        #expect(directory.path.hasSuffix("/a/b/c"))
        try FileManager.default.createDirectory(atPath: scratch.file("open"), withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.file("open"))
        _ = try DataDirectory.open(scratch.file("open"))
        #expect(try scratch.mode("open") == 0o700)
    }

    @Test func `a second instance is told who has the directory`() throws {
        let first = try scratch.directory()
        let failure = #expect(throws: DataDirectoryError.self) { try scratch.directory() }
        #expect(failure?.code == .inUse(processID: Int(getpid())))
        #expect(failure?.description.contains("process \(getpid())") == true)
        #expect(failure?.description.contains("DATA_DIR") == true)
        withExtendedLifetime(first) {}
    }

    @Test func `the lock ends with the instance`() throws {
        do { _ = try scratch.directory() }
        _ = try scratch.directory()
    }

    @Test func `a file on the path is explained`() throws {
        try scratch.write("", to: "file")
        for path in ["file", "file/below", "file/below/that"] {
            let failure = #expect(throws: DataDirectoryError.self) { try DataDirectory.open(scratch.file(path)) }
            #expect(failure?.code == .notADirectory)
        }
    }

    @Test func `a place where nothing can be made is explained`() throws {
        let failure = #expect(throws: DataDirectoryError.self) { try DataDirectory.open("/proc/omniroute") }
        #expect(failure?.code == .notWritable || failure?.code == .failed)
        #expect(failure?.description.contains("/proc/omniroute") == true)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"), .timeLimit(.minutes(1)))
    func `a directory of somebody else is refused`() async throws {
        let path = scratch.path
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65_534)
            do {
                _ = try DataDirectory.open(path)
            } catch let error as DataDirectoryError where error.code == .wrongOwner {
                exit(7)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"), .timeLimit(.minutes(1)))
    func `a directory without the right to write is refused`() async throws {
        let path = scratch.file("closed")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chown(path, 65_534, 65_534)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            setuid(65_534)
            chmod(path, 0o500)
            do {
                _ = try DataDirectory.open(path)
            } catch let error as DataDirectoryError where error.code == .notWritable {
                exit(7)
            }
        }
    }

    @Test func `files that are links, or no files, are refused`() throws {
        try scratch.write("JWT_SECRET=x", to: "elsewhere")
        let directory = try scratch.directory()
        let path = directory.file("server.env")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: scratch.file("elsewhere"))
        #expect(throws: DataDirectoryError.self) { try PrivateFile.read(path) }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let failure = #expect(throws: DataDirectoryError.self) { try PrivateFile.read(path) }
        #expect(failure?.code == .unsafeEntry)
        mkfifo(directory.file("pipe"), 0o600)
        #expect(throws: DataDirectoryError.self) { try PrivateFile.read(directory.file("pipe")) }
    }

    @Test func `files are replaced as a whole and made private`() throws {
        let path = scratch.file("note")
        try PrivateFile.write(Array("one".utf8), to: path)
        try PrivateFile.write(Array("two".utf8), to: path)
        #expect(try PrivateFile.read(path) == Array("two".utf8))
        #expect(try scratch.mode("note") == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        _ = try PrivateFile.read(path)
        #expect(try scratch.mode("note") == 0o600)
        #expect(try PrivateFile.read(scratch.file("missing")) == nil)
        PrivateFile.remove(path)
        #expect(try PrivateFile.read(path) == nil)
    }
}
