import Model
import Testing

@Suite struct `A reason to wait` {
    private func unit(_ lines: String = "", _ desired: DesiredState = .launched, revision: Int64) throws -> Unit {
        Unit(
            name: "web.service", file: try UnitFile(parsing: "[Service]\nExecStart=/a\n[X-Fleet]\n" + lines),
            desired: desired, waiting: Unit.Waiting(why: "no machine fits", revision: 5), revision: revision)
    }

    @Test func `counts when it was written over the unit as it is, or by what knows no revisions`() throws {
        #expect(try unit(revision: 4).reasonToWait()?.why == "no machine fits")
        #expect(try unit(revision: 0).reasonToWait() != nil)
        var placed = try unit(revision: 4)
        placed.waiting = nil
        #expect(placed.reasonToWait() == nil)
    }

    @Test func `that is older than the unit counts only where all it depends on has stayed`() throws {
        let before = try unit("MachineMetadata=disk=ssd", revision: 4)
        #expect(try unit("MachineMetadata=disk=ssd", revision: 6).reasonToWait(after: before) != nil)
        #expect(try unit("MachineMetadata=disk=ssd", revision: 6).reasonToWait() == nil)
        #expect(try unit("MachineMetadata=disk=hdd", revision: 6).reasonToWait(after: before) == nil)
        #expect(try unit("MachineMetadata=disk=ssd", .loaded, revision: 6).reasonToWait(after: before) == nil)
    }
}
