/// How often one of fleet's lists is asked: its server reads all of a list anew for every page, and has to have time
/// for others.
package struct FleetPace: Sendable {
    /// Between two of these lists, when they cost little.
    package let usual: Duration
    /// How many times as long as the last one took there is none.
    package let rest: Int

    /// States change all the time.
    package static let states = FleetPace(usual: .seconds(2), rest: 9)
    /// Machines come and go seldom.
    package static let machines = FleetPace(usual: .seconds(5), rest: 59)
    /// Units cost the most.
    package static let units = FleetPace(usual: .seconds(15), rest: 11)
    /// Units when the states tell that something happened to them.
    package static let unitsAskedFor = FleetPace(usual: .seconds(1), rest: units.rest)

    /// How long there is none after one that took so long.
    package func pause(after took: Duration) -> Duration { max(usual, took * rest) }
}
