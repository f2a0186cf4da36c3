package import Etcd
import Model
import Web

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
        var configuration = EtcdConfiguration(
            endpoints: endpoints.flatMap { $0.split(separator: ",") }.map(String.init))
        if let ca { configuration.tls = EtcdConfiguration.TLS(caFile: ca, certFile: cert, keyFile: key) }
        configuration.user = user
        if let passwordFile {
            do {
                configuration.password = try SecretFile.line(passwordFile)
            } catch {
                throw CommandFailure(.refused, "cannot take the store's password: \(SafeText.clean("\(error)"))")
            }
        }
        return configuration
    }
}
