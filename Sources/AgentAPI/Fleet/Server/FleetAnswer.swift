import Web

/// Answers as fleet's API gives them.
enum FleetAnswer {
    private static let headers = ["Server": "fleetd/1.0.0"]

    /// The store is silent, whatever was asked.
    static let silent = refusal(503, "fleet server unable to communicate with etcd")

    static func json(_ bytes: [UInt8]) -> WebResponse {
        WebResponse(headers: headers, body: .bytes(bytes))
    }

    /// Done, with nothing to say.
    static func done(_ status: Int, isTyped: Bool = false) -> WebResponse {
        WebResponse(status: status, contentType: isTyped ? "application/json" : "", headers: headers)
    }

    /// Programs read code and message both, even where there is nothing to say.
    static func refusal(_ status: Int, _ message: String = "") -> WebResponse {
        var text = JSONWriter()
        text.object { refusal in
            refusal.field("error") { cause in
                cause.object { cause in
                    cause.field("code") { $0.plain("\(status)") }
                    cause.field("message") { $0.string(message) }
                }
            }
        }
        return WebResponse(status: status, headers: headers, body: .bytes(text.bytes))
    }
}

/// What is asked makes no sense; the caller is told why, with 400.
struct FleetBadRequest: Error {
    let text: String
}
