private import Glibc

/// A directory that is removed, with everything in it, when the last reference is gone.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path.
    public let path: String

    /// Creates a directory that only its owner may enter.
    public init() throws {
        var template = Array("/tmp/omniroute-test-XXXXXX\0".utf8CString)
        guard let made = mkdtemp(&template) else { throw RawClient.Failure(description: "mkdtemp: \(errno)") }
        path = String(cString: made)
    }

    deinit {
        Self.remove(path)
    }

    /// Removes a tree; symbolic links are removed, not followed.
    private static func remove(_ path: String) {
        var facts = stat()
        if lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { remove("\(path)/\(name)") }
        }
        _ = Glibc.remove(path)
    }

    /// The path of something in it.
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// The names of what is in it.
    public func entries() -> [String] { Self.names(in: path).sorted() }

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
