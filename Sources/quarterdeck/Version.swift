/// What this program is.
enum Version {
    /// Its version.
    static let text = "0.1.0"
}
