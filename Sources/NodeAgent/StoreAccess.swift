package import Etcd
import FoundationEssentials
import Model

/// How a store is reached: what configuration files and command lines say of it.
package struct StoreAccess {
    var endpoints: [String]
    var ca: String?
    var cert: String?
    var key: String?
    var user: String?
    var passwordFile: String?

    /// Access by what is known; all but the endpoints may be unknown.
    package init(
        endpoints: [String], ca: String? = nil, cert: String? = nil, key: String? = nil, user: String? = nil,
        passwordFile: String? = nil
    ) {
        self.endpoints = endpoints
        self.ca = ca
        self.cert = cert
        self.key = key
        self.user = user
        self.passwordFile = passwordFile
    }

    /// The client's configuration.
    /// - Throws: a sentence when the password file cannot be read.
    package func configuration() throws -> EtcdConfiguration {
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
