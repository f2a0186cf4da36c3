import Model
import Testing

@testable import Systemd

@Suite struct `A unit's object path` {
    @Test func `is escaped as systemd does`() {
        #expect(BusRequest.unitPath("api@1.service") == "/org/freedesktop/systemd1/unit/api_401_2eservice")
    }
}
