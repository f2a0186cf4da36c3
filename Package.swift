// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// A room computes from values: it imports rooms below it and nothing else.
func room(_ name: String, _ rooms: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: rooms, swiftSettings: settings)
}

/// A door touches one piece of the outside world.
func door(_ name: String, _ ours: [Target.Dependency] = [], _ theirs: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: ours + theirs, swiftSettings: settings)
}

func tests(_ name: String, _ ours: [Target.Dependency], _ theirs: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: ours + theirs,
        exclude: ["Scenario", "Triage"].contains(name) ? ["Scenarios"] : [],
        swiftSettings: settings)
}

let grpcCore = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport = Target.Dependency.product(
    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let grpcProtobuf = Target.Dependency.product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let http2 = Target.Dependency.product(name: "NIOHTTP2", package: "swift-nio-http2")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpServer = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpServerTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpServerCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let certificates = Target.Dependency.product(name: "X509", package: "swift-certificates")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "quarterdeck",
    products: [
        .executable(name: "quarterdeck", targets: ["quarterdeck"]),
        .executable(name: "quarterdeck-agent", targets: ["quarterdeck-agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        room("Model"),
        room("Keyspace"),
        room("Scheduling", ["Model"]),
        room("Roles", ["Model", "Scheduling"]),
        room("Screen"),
        room("Triage", ["Model"]),
        room("Console", ["Model", "Screen", "Scheduling", "Triage"]),
        room("Simulation", ["Model", "Keyspace", "Scheduling", "Roles"]),
        room("UserData", ["Model"]),

        door("Runtime", ["Model"]),
        // Generated from etcd's published messages: no code of ours, so no warnings of ours either.
        .target(
            name: "EtcdWire", dependencies: [grpcCore, grpcProtobuf, protobuf], exclude: ["etcd.proto", "README.md"]),
        door("Etcd", ["EtcdWire"], [grpcCore, grpcTransport, grpcProtobuf, protobuf, nio, http2]),
        door(
            "EmbeddedStore", ["Keyspace", "EtcdWire"],
            [grpcCore, grpcTransport, grpcProtobuf, protobuf, nio, http2, sqlite]),
        door("Registry", ["Model", "Runtime", "Etcd"]),
        door(
            "Web", [],
            [
                httpClient, httpServer, httpServerCore, httpServerTLS, httpTypes, nio, nioHTTP1, nioPosix, nioSSL,
                certificates, asn1, logging,
            ]),
        door("AgentAPI", ["Model", "Runtime", "Web"]),
        door("OpenStack", ["Model", "Runtime", "Web"], [yaml]),
        door("Discovery", ["Web"]),
        door("Recording", ["Model"]),
        door("LocalCloud", ["Model", "Runtime", "Web", "Processes"]),
        door("Supervisor", ["Model", "CProcess", "Processes"]),
        .target(name: "CProcess"),
        .target(name: "Processes", dependencies: ["CProcess"], swiftSettings: settings),
        .target(name: "CSystemd"),
        door("Systemd", ["Model", "CSystemd"]),
        .target(
            name: "CCurses", cSettings: [.define("_XOPEN_SOURCE", to: "700"), .define("_DEFAULT_SOURCE")],
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        door("Curses", ["Screen", "CCurses"]),
        door("Settings", ["Model", "Curses"], [toml]),
        // What an agent's process is made of; both executables have it.
        .target(
            name: "NodeAgent",
            dependencies: [
                "Model", "Scheduling", "Roles", "Runtime", "Etcd", "Registry", "Web", "AgentAPI", "Supervisor",
                "Systemd", "UserData", arguments, logging, signals,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "quarterdeck",
            dependencies: [
                "Model", "Keyspace", "Scheduling", "Roles", "Screen", "Console", "Triage", "Simulation", "Runtime",
                "Etcd",
                "EmbeddedStore", "Registry", "Web", "AgentAPI", "OpenStack", "UserData", "Discovery", "LocalCloud",
                "Curses", "Settings", "NodeAgent", "Processes", "Recording", certificates, crypto, asn1, arguments,
                logging, signals,
            ],
            swiftSettings: settings),
        // For machines that have no Swift: everything of Swift is in the file.
        .executableTarget(
            name: "quarterdeck-agent", dependencies: ["NodeAgent", arguments], swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims", "-use-ld=lld", "-Xlinker",
                    "--gc-sections", "-Xlinker", "--icf=safe", "-Xlinker", "--no-export-dynamic",
                ])
            ]),

        // Starts programs for tests; no test itself.
        .target(name: "Programs", dependencies: ["Processes"], path: "Tests/Programs", swiftSettings: settings),
        tests("Model", ["Model"]),
        tests("Keyspace", ["Keyspace"]),
        tests("Scheduling", ["Model", "Scheduling"]),
        tests("Roles", ["Model", "Scheduling", "Roles"]),
        tests("Screen", ["Screen"]),
        tests("Console", ["Model", "Screen", "Console", "Scheduling", "Triage"]),
        tests("Triage", ["Model", "Triage"]),
        tests("Scenario", ["Model", "Keyspace", "Scheduling", "Roles", "Simulation"]),
        tests("Store", ["Keyspace", "Etcd", "EmbeddedStore", "Simulation", "Model", "Registry", "Runtime"]),
        tests("Agent", ["Model", "Runtime", "Supervisor", "Web", "AgentAPI", "Registry", "LocalCloud"]),
        tests(
            "Fleet",
            ["Model", "Runtime", "Etcd", "EmbeddedStore", "Registry", "Web", "AgentAPI", "NodeAgent", "Programs"]),
        tests("Systemd", ["Model", "Systemd", "Programs"]),
        tests("Terminal", ["Screen", "CCurses", "Curses", "Settings", "Model"]),
        tests("Settings", ["Settings", "Curses", "Model"]),
        tests("Tidy", ["Console"]),
        tests("UserData", ["Model", "UserData", "Programs"]),
        tests("Discovery", ["Discovery", "Web", "Programs"]),
        tests("Recording", ["Model", "Recording", "Console", "Screen", "Triage"]),
        tests("OpenStack", ["Model", "Runtime", "Web", "OpenStack", "Programs"]),
        tests("Cloud", ["Programs"]),
        tests("FleetSource", ["Model", "Runtime", "Web", "AgentAPI", "Settings", "Programs"]),
        tests("Farm", ["Programs"]),
        tests("Machine", ["Programs"]),
    ],
    swiftLanguageModes: [.v6]
)
