private import Glibc
private import Synchronization

/// The offset of a time zone over time, read from the system's time zone database (RFC 8536).
///
/// The C library knows one zone per process, and setting it is not thread-safe; access schedules name a zone each.
package struct ZoneRules: Sendable {
    private var transitions: [Int64] = []
    /// For every transition, the offset from then on.
    private var offsets: [Int] = []
    private var firstOffset = 0
    /// What holds after the last transition.
    private var rule: PosixZone?

    /// Seconds east of UTC.
    package func offset(at unixSeconds: Int) -> Int {
        let time = Int64(unixSeconds)
        guard let first = transitions.first, time >= first else {
            return transitions.isEmpty ? rule?.offset(at: unixSeconds) ?? firstOffset : firstOffset
        }
        if let last = transitions.last, time >= last, let rule { return rule.offset(at: unixSeconds) }
        var low = 0
        var high = transitions.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if transitions[middle] <= time { low = middle } else { high = middle - 1 }
        }
        return offsets[low]
    }

    /// Minutes since midnight and the weekday (0 is Sunday) on the zone's wall clock.
    package func clock(at unixSeconds: Int) -> (minute: Int, weekday: Int) {
        let local = unixSeconds + offset(at: unixSeconds)
        let day = local.floorDivided(by: 86_400)
        return ((local - day * 86_400) / 60, (day + 4).floorRemainder(by: 7))
    }
}

// MARK: - Reading

extension ZoneRules {
    /// Reads a file of the time zone database; `nil` if it is none.
    package init?(file bytes: [UInt8]) {
        var reader = BigEndianReader(bytes)
        guard let first = Header(&reader) else { return nil }
        if first.version >= 2 {
            guard reader.skip(first.blockSize(timeSize: 4)), let second = Header(&reader),
                readBlock(second, timeSize: 8, from: &reader)
            else { return nil }
            let footer = String(decoding: reader.rest.drop { $0 == 0x0A }.prefix { $0 != 0x0A }, as: UTF8.self)
            rule = PosixZone(footer)
        } else {
            guard readBlock(first, timeSize: 4, from: &reader) else { return nil }
        }
    }

    private struct Header {
        let version: Int
        let utcCount, standardCount, leapCount, timeCount, typeCount, characterCount: Int

        init?(_ reader: inout BigEndianReader) {
            guard reader.take(4).map({ $0.elementsEqual("TZif".utf8) }) == true, let version = reader.take(1)?.first,
                reader.skip(15), let utc = reader.integer(4), let standard = reader.integer(4),
                let leap = reader.integer(4), let time = reader.integer(4), let type = reader.integer(4),
                let character = reader.integer(4),
                [utc, standard, leap, time, type, character].allSatisfy({ (0...100_000).contains($0) }), type > 0
            else { return nil }
            self.version = version == 0 ? 1 : Int(version) - 0x30
            (utcCount, standardCount, leapCount) = (Int(utc), Int(standard), Int(leap))
            (timeCount, typeCount, characterCount) = (Int(time), Int(type), Int(character))
        }

        func blockSize(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + characterCount + leapCount * (timeSize + 4) + standardCount
                + utcCount
        }
    }

    private mutating func readBlock(_ header: Header, timeSize: Int, from reader: inout BigEndianReader) -> Bool {
        var times: [Int64] = []
        for _ in 0..<header.timeCount {
            guard let time = reader.integer(timeSize) else { return false }
            times.append(time)
        }
        guard let indexes = reader.take(header.timeCount) else { return false }
        var typeOffsets: [Int] = []
        for _ in 0..<header.typeCount {
            guard let offset = reader.integer(4), reader.skip(2) else { return false }
            typeOffsets.append(Int(offset))
        }
        guard indexes.allSatisfy({ Int($0) < typeOffsets.count }) else { return false }
        transitions = times
        offsets = indexes.map { typeOffsets[Int($0)] }
        firstOffset = typeOffsets[0]
        let rest = header.characterCount + header.leapCount * (timeSize + 4) + header.standardCount + header.utcCount
        return reader.skip(rest)
    }
}

/// Reads big-endian numbers; every method fails at the end of the bytes.
private struct BigEndianReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func skip(_ count: Int) -> Bool { take(count) != nil }

    mutating func integer(_ size: Int) -> Int64? {
        guard let bytes = take(size), let first = bytes.first else { return nil }
        var value: Int64 = first >= 0x80 ? -1 : 0
        for byte in bytes { value = value << 8 | Int64(byte) }
        return value
    }
}

extension Int {
    func floorDivided(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    func floorRemainder(by divisor: Int) -> Int { self - floorDivided(by: divisor) * divisor }
}

// MARK: - By name

/// Time zones by their IANA names, each read once.
package final class ZoneDatabase: Sendable {
    private let directory: String
    private let known = Mutex<[String: ZoneRules?]>([:])

    package init(directory: String = "/usr/share/zoneinfo") {
        self.directory = directory
    }

    /// The rules of a zone; `nil` if there is no such zone (or no database).
    package func zone(named name: String) -> ZoneRules? {
        guard ZoneDatabase.isPlausible(name) else { return nil }
        return known.withLock { known in
            if let zone = known[name] { return zone }
            let zone = ZoneDatabase.read("\(directory)/\(name)").flatMap(ZoneRules.init(file:))
            // Names come from key records; a bounded number of them is remembered.
            if known.count < 1000 { known[name] = .some(zone) }
            return zone
        }
    }

    /// Letters, digits and `_+-` in up to three segments, so that a name cannot leave the directory.
    private static func isPlausible(_ name: String) -> Bool {
        let segments = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && segments.count <= 3
            && segments.allSatisfy { segment in
                !segment.isEmpty
                    && segment.utf8.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                            UInt8(ascii: "+"):
                            true
                        default: false
                        }
                    }
            }
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if got <= 0 { break }
            count += got
        }
        return Array(bytes.prefix(count))
    }
}
