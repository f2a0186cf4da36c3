import FoundationEssentials

extension SystemClock {
    /// The wall clock, read where nothing of it can collide with our own words.
    static func wallMilliseconds() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000)
    }
}
