import Simulation
import Testing

@Suite struct `A simulated cluster with every fault` {
    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `breaks no rule, and runs everything once when the faults are over`(seed: UInt64) {
        var simulation = Simulation(seed: seed, machines: 5, units: 24, duration: .seconds(180))
        let report = simulation.run(keepsTrace: false)
        #expect(report.violations == [])
        #expect(report.counts.placements > 0)
    }

    @Test func `does the same for the same seed`() {
        func report() -> SimulationReport {
            var simulation = Simulation(seed: 7, machines: 4, units: 15, duration: .seconds(60))
            return simulation.run()
        }
        #expect(report() == report())
    }
}
