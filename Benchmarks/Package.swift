// swift-tools-version: 6.2
import PackageDescription

// Measurements of single functions, a package of their own so that a plain build never compiles them:
// swift run --package-path Benchmarks --scratch-path .build/benchmarks -c release
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "omniroute", path: "..")],
    targets: [
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: ["HTTPCore", "JSONCore"].map { .product(name: $0, package: "omniroute") }
        )
    ],
    swiftLanguageModes: [.v6]
)
