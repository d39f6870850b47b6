import Foundation

/// A file that this process has open, whose descriptor can be pointed elsewhere to play a broken device.
struct OpenFile {
    private let descriptor: Int32
    private let saved: Int32

    init(path: String) throws {
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        let found = descriptors.first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == target
        }
        guard let found else { throw CocoaError(.fileNoSuchFile) }
        descriptor = found
        saved = dup(found)
    }

    func replace(by path: String, _ flags: Int32) throws {
        let other = open(path, flags)
        guard other >= 0, dup2(other, descriptor) >= 0 else { throw CocoaError(.fileReadUnknown) }
        close(other)
    }

    func restore() throws {
        guard dup2(saved, descriptor) >= 0 else { throw CocoaError(.fileReadUnknown) }
        close(saved)
    }
}
