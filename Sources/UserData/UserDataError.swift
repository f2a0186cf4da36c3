import Model

/// Why there is no user data for a plan.
public enum UserDataError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A value that the VM could not be told, or that would mean something else there.
    case unfit(field: String, value: String, wanted: String)
    /// The VM has no store to go to.
    case noStore
    /// More than a cloud takes, in base64 characters.
    case tooLong(characters: Int)

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .unfit(let field, let value, let wanted):
            "the \(field) '\(SafeText.name(value))' cannot be told to a VM: \(wanted)"
        case .noStore: "a VM without a store cannot join: name the store's endpoints, or a discovery address"
        case .tooLong(let characters):
            "the user data is \(characters) characters of base64, and clouds take \(UserData.limit): "
                + "leave out SSH keys or metadata, or put the certificate authority into the image"
        }
    }
}
