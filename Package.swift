// swift-tools-version: 6.2
import PackageDescription

// Layers, lowest first; a target may depend only on targets above its own line. docs/architecture.md draws them.

/// A C library of the distribution, found through pkg-config.
func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt]), .brew([brew])])
}

/// A Swift module of the product and its documentation file.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"])
}

/// The tests of a module; fixtures are read from the source tree, not bundled.
func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude)
}

let cLibraries: [Target] = [
    // Has no pkg-config file.
    .systemLibrary(name: "CHTTPParser", providers: [.apt(["libhttp-parser-dev"]), .brew(["http-parser"])]),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev", brew: "curl"),
    system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),
    system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev", brew: "openssl@3"),
    system("CArgon2", pkgConfig: "libargon2", apt: "libargon2-dev", brew: "argon2"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev", brew: "zlib"),
    system("CBrotli", pkgConfig: "libbrotlidec", apt: "libbrotli-dev", brew: "brotli"),
    system("CCrypt", pkgConfig: "libcrypt", apt: "libcrypt-dev", brew: "libxcrypt"),
    .target(name: "CLinux"),
]

let simdJSON = Target.target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")])
let resources = Target.target(name: "CResources", exclude: ["data"])

let ground: [Target] = [
    module("TimeCore", ["CLinux"]),
    module("LogCore", ["TimeCore"]),
    module("JSONCore", ["CSimdJSON"]),
    module("HTTPCore", ["TimeCore"]),
    module("CryptoCore", ["COpenSSL", "CArgon2", "CCrypt"]),
    module("SQLiteStore", ["CLinux", "CSQLite"]),
    module("EventLoop", ["CLinux", "TimeCore"]),
    module("HTTPServer", ["CHTTPParser", "CLinux", "EventLoop", "HTTPCore", "LogCore", "TimeCore"]),
    module(
        "HTTPClient",
        ["CBrotli", "CCurl", "CHTTPParser", "CLinux", "CZlib", "EventLoop", "HTTPCore", "LogCore", "TimeCore"]
    ),
]

let world: [Target] = [
    module("Dialects", ["CryptoCore", "HTTPCore", "JSONCore", "TimeCore"]),
    module("Providers", ["CResources", "Dialects", "HTTPCore", "JSONCore"]),
    module("Store", ["CLinux", "CryptoCore", "JSONCore", "LogCore", "SQLiteStore", "TimeCore"]),
]

let gateway: [Target] = [
    module("Routing", ["CryptoCore", "Dialects", "HTTPCore", "JSONCore", "Providers", "Store", "TimeCore"]),
    module(
        "Gateway",
        [
            "CryptoCore", "Dialects", "EventLoop", "HTTPClient", "HTTPCore", "JSONCore", "LogCore", "Providers",
            "Routing", "Store", "TimeCore",
        ]
    ),
]

let surfaces: [Target] = [
    module(
        "Gate",
        ["CryptoCore", "Dialects", "EventLoop", "HTTPCore", "HTTPServer", "JSONCore", "LogCore", "Store", "TimeCore"]
    ),
    module(
        "ClientAPI",
        [
            "CryptoCore", "Dialects", "EventLoop", "Gate", "Gateway", "HTTPCore", "HTTPServer", "JSONCore", "Providers",
            "Routing", "Store", "TimeCore",
        ]
    ),
    module(
        "Management",
        [
            "CryptoCore", "Gate", "HTTPCore", "HTTPServer", "JSONCore", "LogCore", "Providers", "Store", "TimeCore",
        ]
    ),
]

let programs: [Target] = [
    module(
        "Commands",
        [
            "ClientAPI", "CryptoCore", "Dialects", "EventLoop", "Gate", "Gateway", "HTTPClient", "HTTPCore",
            "HTTPServer", "JSONCore", "LogCore", "Management", "Providers", "Routing", "Store", "TimeCore",
        ]
    ),
    .executableTarget(name: "omniroute", dependencies: ["CLinux", "Commands", "EventLoop"]),
]

let support: [Target] = [
    .target(
        name: "TestSupport",
        dependencies: ["CLinux", "EventLoop", "HTTPCore", "HTTPServer", "LogCore", "TimeCore"]
    )
]

let testTargets: [Target] = [
    tests(of: "TimeCore"),
    tests(of: "LogCore"),
    tests(of: "JSONCore"),
    tests(of: "HTTPCore"),
    tests(of: "CryptoCore"),
    tests(of: "SQLiteStore"),
    tests(of: "EventLoop"),
    tests(of: "HTTPServer", ["EventLoop", "HTTPCore", "LogCore", "TestSupport", "TimeCore"]),
    tests(of: "HTTPClient", ["EventLoop", "HTTPCore", "LogCore", "TimeCore"]),
    tests(of: "Dialects", ["HTTPCore", "JSONCore"], exclude: ["Fixtures", "Matrix"]),
    tests(of: "Providers", ["Dialects", "HTTPCore", "JSONCore"]),
    tests(of: "Store", ["CryptoCore", "JSONCore", "LogCore", "SQLiteStore", "TimeCore"]),
    tests(of: "Routing", ["CryptoCore", "Dialects", "HTTPCore", "JSONCore", "Providers", "Store", "TimeCore"]),
    tests(
        of: "Gate",
        [
            "CryptoCore", "Dialects", "HTTPCore", "HTTPServer", "JSONCore", "LogCore", "Store", "TestSupport",
            "TimeCore",
        ]
    ),
    tests(
        of: "Gateway",
        [
            "CryptoCore", "Dialects", "EventLoop", "HTTPClient", "HTTPCore", "HTTPServer", "JSONCore", "LogCore",
            "Providers", "Routing", "Store", "TestSupport", "TimeCore",
        ]
    ),
    tests(
        of: "ClientAPI",
        [
            "CryptoCore", "Dialects", "EventLoop", "Gate", "Gateway", "HTTPClient", "HTTPCore", "HTTPServer",
            "JSONCore",
            "LogCore", "Providers", "Store", "TestSupport", "TimeCore",
        ]
    ),
    tests(
        of: "Management",
        [
            "CryptoCore", "EventLoop", "Gate", "HTTPCore", "HTTPServer", "JSONCore", "LogCore", "Providers", "Store",
            "TimeCore",
        ]
    ),
    tests(of: "Commands", ["Gate", "HTTPCore", "HTTPServer", "LogCore", "Providers", "Store"]),
]

// For the packages beside this one: Fuzz and Benchmarks.
let products: [Product] = ["Dialects", "HTTPCore", "JSONCore"].map { .library(name: $0, targets: [$0]) }

let package = Package(
    name: "omniroute",
    products: products,
    targets: cLibraries + [simdJSON, resources] + ground + world + gateway + surfaces + programs + support
        + testTargets,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

let upcomingFeatures = [
    "ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility",
    "NonisolatedNonsendingByDefault", "InferIsolatedConformances", "ImmutableWeakCaptures",
]
// Overlapping access is looked for at run time where tests run; in a release that is a twentieth of a request's time.
let speed = SwiftSetting.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = upcomingFeatures.map { .enableUpcomingFeature($0) } + [.treatAllWarnings(as: .error), speed]
}
