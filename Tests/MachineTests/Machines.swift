import Foundation
import Glibc
import Programs
import Testing

/// The agents on machines that run a real systemd, with a real store, while things break.
///
/// Every test has all machines to itself; they are booted once.
@Suite(.serialized, .disabled(if: Testbed.obstacle != nil, Testbed.obstacle), .timeLimit(.minutes(3)), .machines)
enum Machines {}

/// Boots the machines before the suite's first test, and takes them away after its last.
struct BootedMachines: SuiteTrait, TestScoping {
    @TaskLocal static var stand: Stand?

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let lock = try await Programs.turnOnMachines()
        defer { close(lock) }
        do {
            let stand = try await Stand.prepare()
            try await Self.$stand.withValue(stand, operation: function)
        } catch {
            try await Testbed.run("down", "--everything")
            throw error
        }
        try await Testbed.run("down", "--everything")
    }
}

extension SuiteTrait where Self == BootedMachines {
    static var machines: Self { BootedMachines() }
}

extension Stand {
    /// Does a test's work on the machines, mends what it broke, and forgets its units.
    static func with(breaking: Bool = false, _ work: (Stand) async throws -> Void) async throws {
        let stand = try #require(BootedMachines.stand)
        do {
            try await work(stand)
        } catch {
            try await stand.mend()
            for machine in machines {
                print("--- the agent of \(machine):\n\(try await stand.agentLog(machine, lines: 40))")
            }
            try await stand.clear()
            throw error
        }
        if breaking { try await stand.mend() }
        try await stand.clear()
    }
}

/// Says what was measured.
func measured(_ what: String, _ seconds: Double) {
    print("measured: \(what): \(String(format: "%.2f", seconds)) s")
}
