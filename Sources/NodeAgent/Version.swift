/// What this program is.
package enum Version {
    /// Its version.
    package static let text = "0.1.0"
}
