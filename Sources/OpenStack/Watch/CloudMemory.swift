import Model

/// The picture of a cloud that several polls paint on.
actor CloudMemory {
    private(set) var picture: CloudPicture

    private var isNudged = false

    init(cloud: ID<Cloud>) {
        picture = CloudPicture(cloud: cloud)
    }

    /// Changes it, in one go.
    func change<Value: Sendable>(_ body: @Sendable (inout CloudPicture) -> Value) -> Value { body(&picture) }

    /// Something was asked of the cloud: it is worth looking soon.
    func nudge() { isNudged = true }

    /// Whether it was nudged since this was asked last.
    func takeNudge() -> Bool {
        defer { isNudged = false }
        return isNudged
    }
}
