// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, a package of their own so that a plain build never compiles them. script/fuzz builds and runs them; it
// adds the sanitizers on the command line, so that the code under test is instrumented too.

func target(_ name: String, _ modules: [String]) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["CLibFuzzer"] + modules.map { .product(name: $0, package: "omniroute") },
        swiftSettings: [.unsafeFlags(["-parse-as-library"])]
    )
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "omniroute", path: "..")],
    targets: [
        .target(name: "CLibFuzzer"),
        target("AnswerFuzz", ["Dialects", "JSONCore"]),
        target("JSONFuzz", ["JSONCore"]),
        target("RequestFuzz", ["Dialects", "JSONCore"]),
        target("SSEFuzz", ["HTTPCore"]),
    ],
    swiftLanguageModes: [.v6]
)
