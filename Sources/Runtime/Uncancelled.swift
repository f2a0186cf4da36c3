/// Does work to its end even when the caller has been cancelled: for giving back what others wait for.
public func uncancelled(_ work: @escaping @Sendable () async -> Void) async {
    await Task { await work() }.value
}
