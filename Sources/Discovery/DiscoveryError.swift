/// What can go wrong with discovery tokens.
public enum DiscoveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text cannot be a token.
    case badToken(String)
    /// A cluster cannot have so many members.
    case badSize(Int)
    /// The token was given out before.
    case tokenUsed(String)
    /// There are as many tokens as are kept.
    case tooManyTokens(Int)
    /// The tokens' folder, or a file in it, is of no use.
    case badFile(path: String, cause: String)

    /// What happened, where, what to do.
    public var description: String {
        switch self {
        case .badToken(let token):
            "'\(token.prefix(128))' is no token: letters, digits, '-', '_', '.', a letter or digit first, at most 128"
        case .badSize(let size):
            "a cluster has 1 to \(DiscoveryTokens.sizeMax) members of its store, not \(size); 3 or 5 are usual"
        case .tokenUsed(let token):
            "the token '\(token)' was used before: a token makes one cluster, once; take a new one for a new cluster"
        case .tooManyTokens(let count):
            "\(count) tokens are kept, which is the most; delete the files of clusters that are gone"
        case .badFile(let path, let cause): "cannot use '\(path)': \(cause)"
        }
    }
}
