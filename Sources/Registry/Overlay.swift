import Etcd
import FoundationEssentials
import Model

/// flannel's configuration, which it keeps in the cluster's store.
///
/// - Source: flannel's documentation of its configuration: `/coreos.com/network/config`.
struct Overlay: Decodable {
    static let key = "/coreos.com/network/config"

    struct Backend: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        enum CodingKeys: String, CodingKey { case type = "Type" }
        var type: String?
    }

    enum CodingKeys: String, CodingKey {
        case network = "Network"
        case network6 = "IPv6Network"
        case subnetLength = "SubnetLen"
        case backend = "Backend"
    }

    var network: String?
    var network6: String?
    var subnetLength: Int?
    var backend: Backend?

    /// `flannel 10.5.0.0/16, /24 a machine, vxlan`.
    var words: String {
        let networks = [network, network6].compactMap(\.self).joined(separator: " ")
        let parts = [networks, subnetLength.map { "/\($0) a machine" } ?? "", backend?.type ?? "udp"]
        return SafeText.clean("flannel " + parts.filter { !$0.isEmpty }.joined(separator: ", "), limit: 200)
    }
}

extension ClusterRegistry {
    /// What the store says of a network over the cluster's machines; nil for none, and where it may not be read.
    func overlay() async -> String? {
        guard let item = try? await store.get(Overlay.key) else { return nil }
        return Coding.record(Overlay.self, item.value)?.words
    }
}
