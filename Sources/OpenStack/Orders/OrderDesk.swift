/// The orders being carried out, so that one asked twice at once is done once.
actor OrderDesk {
    private var open: Set<String> = []

    /// False when it is being carried out already.
    func begin(_ order: String) -> Bool { open.insert(order).inserted }

    func end(_ order: String) { open.remove(order) }
}
