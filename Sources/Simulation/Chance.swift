import Model

/// Chance from a seed: the same seed, the same numbers, on every computer.
///
/// - Source: SplitMix64 (Steele, Lea, Flood 2014).
struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not including `bound`.
    mutating func below(_ bound: Int) -> Int {
        bound <= 1 ? 0 : Int(next() % UInt64(bound))
    }

    /// A number of a range.
    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// True so many times in a thousand.
    mutating func happens(perMille: Int) -> Bool { below(1_000) < perMille }

    /// One of several; nil of none.
    mutating func one<Element>(of all: [Element]) -> Element? {
        all.isEmpty ? nil : all[below(all.count)]
    }

    /// A machine ID as systemd makes them.
    mutating func machineID() -> ID<Machine> {
        let digits = [next(), next()].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return ID(digits.joined())
    }
}
