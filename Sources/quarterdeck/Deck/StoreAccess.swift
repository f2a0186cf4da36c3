import Etcd
import FoundationEssentials
import Model

/// How a store is reached: what configuration files and command lines say of it.
struct StoreAccess {
    var endpoints: [String]
    var ca: String?
    var cert: String?
    var key: String?
    var user: String?
    var passwordFile: String?

    /// The client's configuration.
    /// - Throws: a sentence when the password file cannot be read.
    func configuration() throws -> EtcdConfiguration {
        var configuration = EtcdConfiguration(endpoints: endpoints)
        if let ca { configuration.tls = EtcdConfiguration.TLS(caFile: ca, certFile: cert, keyFile: key) }
        configuration.user = user
        if let passwordFile {
            guard let data = try? Data(contentsOf: URL(filePath: passwordFile)) else {
                throw CommandFailure(
                    .refused,
                    "cannot read the store's password file '\(SafeText.name(passwordFile))'; check its path and owner")
            }
            configuration.password = String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
        }
        return configuration
    }
}
