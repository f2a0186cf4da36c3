public import Model

extension Outcome {
    /// What carrying an order out came to.
    ///
    /// - Parameters:
    ///   - known: tells the source's own errors; nil for one that is none of them
    ///   - work: carries it out and says what was done
    public static func of(
        _ order: Order, telling known: (any Error) -> Outcome?, _ work: () async throws -> String
    ) async -> Outcome {
        do {
            return .done(try await work())
        } catch is CancellationError {
            return .failed("\(order.phrase) was cut off; look whether it happened")
        } catch {
            return known(error) ?? .failed("cannot \(order.phrase): \(SafeText.clean("\(error)", limit: 512))")
        }
    }
}
