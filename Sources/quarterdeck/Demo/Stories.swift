import LocalCloud
import Model
import Registry

/// The stories. Each does what it says on the real farm, waits for what it promises, and ends with the farm whole.
extension StoryStage {
    private static let welcome = "All keys work meanwhile, and nothing here is acted: "

    func scaleOut() async throws {
        let founded = try await office.machines().count
        try await tell(
            Self.welcome
                + "customer-b has \(founded) machines; of its mail workers no two may share one."
        )
        // Who looks may have scaled meanwhile: there is always one worker more than machines.
        let before = try await office.machines().count
        let extra = try UnitName("mail@\(before + 1).service")
        try await tell("One mail worker more is wanted now. Nothing fits it: look at its WHY, and at t, triage.", 1)
        for number in stride(from: 4, through: before + 1, by: 1) {
            try await submit(try UnitName("mail@\(number).service"), units.mail, office)
        }
        try await wait("the worker waiting") {
            try await office.read().contents.units.contains { $0.name == extra && $0.waiting != nil }
        }
        try await tell("\(extra) waits, and says why. So customer-b gets one VM more: watch VMs, Clusters and Events.")
        try await office.scale(to: before + 1)
        try await wait("the new VM joining") { try await office.machines().count > before }
        try await wait("the worker running") { try await !idle(office).contains(extra) }
        try await tell(
            "The VM was built, joined by itself, and \(extra) runs on it: the scheduler had waited for that.")
        try await tell(
            "That was it: asked, built, joined, placed, running. `-` would take the VM away again; q leaves.")
    }

    func serverLoss() async throws {
        let all = await cloud.carriers
        guard let server = all.dropFirst().first ?? all.first else {
            throw StoryFailure(description: "no server carries a VM")
        }
        try await tell(Self.welcome + "\(all.count) servers carry VMs of two customers. \(server) is about to die.")
        let wanted = try await count()
        try await cloud.fail(server: server)
        try await tell(
            "\(server) is down: all that ran there was killed. In five seconds the leases of its machines end, and "
                + "their units go elsewhere.", 8)
        try await tell(
            "Press t: one line says that \(server) is down, and what comes from it stands beneath it. The deck's last "
                + "line says the same.", 14)
        try await wait("units moving to other machines") { try await moved(from: server) }
        try await tell(
            "Units were placed on the machines that are left. A mail worker that may not share a machine waits, and "
                + "triage says what for.", 14)
        try await tell("\(server) comes back: its VMs boot, their machines join again.", 3)
        try await cloud.mend(server: server)
        try await wait("the machines joining") { try await count() >= wanted }
        try await allRun(shop)
        try await allRun(office)
        try await tell("That was it: everything runs again. `[` goes back to the moment when it fell; q leaves.")
    }

    private func moved(from server: String) async throws -> Bool {
        for registry in registries {
            let contents = try await registry.read().contents
            let there = Set(contents.machines.map(\.id))
            guard contents.units.allSatisfy({ unit in unit.placement.map { there.contains($0.machine) } ?? true })
            else {
                return false
            }
        }
        return await cloud.contents().servers.contains { $0.name == server && $0.state == .down }
    }

    func crashLoop() async throws {
        let names: [UnitName] = ["web@1.service", "web@2.service"]
        try await tell(Self.welcome + "the web servers of customer-a run. Their release 2 is about to come.")
        for name in names { try await submit(name, units.web(isBad: true), shop) }
        try await tell("Release 2 is out: \(names.map(\.text).joined(separator: " and ")) have a new file.", 6)
        try await wait("the web servers failing") {
            try await shop.read().contents.units.filter { names.contains($0.name) }
                .allSatisfy { ($0.state?.restarts ?? 0) > 0 || $0.state?.active == .failed }
        }
        try await tell(
            "Both crash, on different machines, since their file changed. Press t: triage says just that. Then l: the "
                + "log says why.", 20)
        try await tell("The good release goes back: each unit gets its old file again.", 3)
        for name in names { try await submit(name, units.web(isBad: false), shop) }
        try await allRun(shop)
        try await tell("That was it: the web servers run, and events (e) show the two files come and go. q leaves.")
    }

    func quorumLoss() async throws {
        guard let store else { throw StoryFailure(description: "there is no store that could be lost") }
        let what =
            store.hasQuorum
            ? "the store of customer-b is three members of etcd. Two of them are about to die."
            : "the store of customer-b is one embedded store, for etcd is not installed. It is about to be away."
        try await tell(Self.welcome + what)
        let wanted = try await count()
        await store.lose()
        try await tell(
            store.hasQuorum
                ? "Two of three members are dead. The one that is left answers, and may change nothing."
                : "The store is away: nothing can be read and nothing changed.", 8)
        try await tell(
            "What runs goes on: look at the units' logs (l). What is shown of customer-b is old, and is marked so. "
                + "Press t: its store is what is wrong, not its units.", 20)
        try await store.mend()
        try await tell("\(store.hasQuorum ? "Both members" : "The store") came back, with what was on disk.", 3)
        try await wait("the store answering") { try await !office.read().contents.machines.isEmpty }
        try await wait("the machines being in their cluster") { try await count() >= wanted }
        try await allRun(office)
        try await tell("That was it: the store takes changes again, and no unit had to stop for it. q leaves.")
    }

    private func submit(_ name: UnitName, _ text: String, _ registry: ClusterRegistry) async throws {
        let file = try UnitFile(parsing: text, file: name.text).checked(as: name, file: name.text)
        try await registry.submit(name, file, .launched)
    }

    /// How many machines are there.
    private func count() async throws -> Int {
        var there = 0
        for registry in registries { there += try await registry.machines().count }
        return there
    }
}
