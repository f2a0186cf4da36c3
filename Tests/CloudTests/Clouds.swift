import Foundation
import Glibc
import Programs
import Testing

/// The program on a real control plane of OpenStack, whose VMs are real machines.
///
/// Every test has the cloud to itself; it is started once.
@Suite(.serialized, .disabled(if: CloudTestbed.obstacle != nil, CloudTestbed.obstacle), .timeLimit(.minutes(5)), .cloud)
enum Clouds {}

/// Starts the cloud before the suite's first test, and takes it away after its last.
struct StartedCloud: SuiteTrait, TestScoping {
    @TaskLocal static var stand: CloudStand?

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let lock = try await Programs.turnOnMachines()
        defer { close(lock) }
        do {
            let begin = ContinuousClock.now
            let stand = CloudStand(endpoint: try await CloudTestbed.up())
            print("measured: a cloud and a store: \(ContinuousClock.now - begin)")
            try stand.configure()
            try await Self.$stand.withValue(stand, operation: function)
        } catch {
            try await CloudTestbed.down()
            throw error
        }
        try await CloudTestbed.down()
    }
}

extension SuiteTrait where Self == StartedCloud {
    static var cloud: Self { StartedCloud() }
}

extension CloudStand {
    /// Does a test's work on the cloud, mends what it broke, and removes its VMs.
    static func with(_ work: (CloudStand) async throws -> Void) async throws {
        let stand = try #require(StartedCloud.stand)
        do {
            try await work(stand)
        } catch {
            try await stand.clear()
            throw error
        }
        try await stand.clear()
    }

    /// Mends everything, deletes all VMs and forgets what the cluster wants.
    private func clear() async throws {
        try await CloudTestbed.fault("clear")
        for server in CloudStand.servers { try await CloudTestbed.fault("start", server) }
        let admin = try await NovaClient()
        for id in try await admin.serverIDs() { try await admin.delete(id) }
        try await Programs.eventually("all VMs are gone", within: .seconds(60)) {
            try await admin.serverIDs().isEmpty ? true : nil
        }
        try await forgetStore()
    }
}
