import Model

/// The picture of a cloud that several polls paint on.
actor CloudMemory {
    private(set) var picture: CloudPicture

    init(cloud: ID<Cloud>) {
        picture = CloudPicture(cloud: cloud)
    }

    /// Changes it, in one go.
    func change<Value: Sendable>(_ body: @Sendable (inout CloudPicture) -> Value) -> Value { body(&picture) }
}
