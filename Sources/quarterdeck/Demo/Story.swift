import ArgumentParser
import LocalCloud
import Model
import Registry
import Runtime

/// Something that happens on the embedded farm while somebody looks.
enum Story: String, ExpressibleByArgument, CaseIterable {
    case scaleOut = "scale-out"
    case serverLoss = "server-loss"
    case crashLoop = "crash-loop"
    case quorumLoss = "quorum-loss"

    /// A cluster has a store of its own, to be lost.
    var losesStore: Bool { self == .quorumLoss }
}

/// Why a story cannot go on.
struct StoryFailure: Error, CustomStringConvertible {
    let description: String
}

/// The farm as a story uses it: what it can do, and what it can wait for.
struct StoryStage: Sendable {
    let cloud: LocalCloud
    let registries: [ClusterRegistry]
    let units: DemoUnits
    let store: StoryStore?
    let pace: Double
    /// Nil where the clock says when the story goes on.
    let turns: StoryTurns?
    let say: @Sendable (Caption) -> Void

    /// The customer whose shop has web servers, and the one whose office has mail.
    var shop: ClusterRegistry { registries[0] }
    var office: ClusterRegistry { registries[1] }

    func play(_ story: Story) async throws {
        do {
            switch story {
            case .scaleOut: try await scaleOut()
            case .serverLoss: try await serverLoss()
            case .crashLoop: try await crashLoop()
            case .quorumLoss: try await quorumLoss()
            }
        } catch let failure as StoryFailure {
            say(Caption(text: "The story ends here: \(failure). The farm goes on; q leaves."))
        }
    }

    /// Says what is done and what to look at, and gives time to read it.
    func tell(_ text: String, _ seconds: Double = 10) async throws {
        if let turns {
            say(Caption(text: text, waits: true))
            await turns.wait()
            return say(Caption(text: text))
        }
        say(Caption(text: text))
        try await Task.sleep(for: .milliseconds(Int64(seconds * 1_000 / pace)))
    }

    /// Waits until something is so.
    ///
    /// - Throws: `StoryFailure` when it does not become so.
    func wait(_ what: String, within limit: Duration = .seconds(90), _ isSo: () async throws -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while clock.now < end {
            // A store that is away for the moment is asked again.
            if (try? await isSo()) == true { return }
            try await Task.sleep(for: .milliseconds(300))
        }
        throw StoryFailure(description: "\(what) did not happen in \(limit.brief)")
    }

    /// The units of a cluster that are wanted launched and do not run.
    func idle(_ registry: ClusterRegistry) async throws -> [UnitName] {
        let contents = try await registry.read().contents
        return contents.units.filter { unit in
            guard unit.desired == .launched, !unit.name.isTemplate, !unit.isGlobal else { return false }
            return unit.state?.active != .active
        }.map(\.name)
    }

    func allRun(_ registry: ClusterRegistry) async throws {
        try await wait("all units running") { try await idle(registry).isEmpty }
    }
}
