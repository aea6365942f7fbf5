package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.net.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TrustedProxiesTest {
    private static final String PROXY = "10.0.0.1";

    private final TrustedProxies proxies = trusting("10.0.0.0/8", "fd00::1");

    private static TrustedProxies trusting(String... networks) {
        return new TrustedProxies(Stream.of(networks)
                .map(network -> Network.parse(network).orElseThrow())
                .toList());
    }

    @Test
    void aPeerThatIsNotTrustedIsTheClientWhateverItSays() {
        assertThat(client("192.0.2.1", "198.51.100.1")).isEqualTo("192.0.2.1");
        assertThat(forwarded("192.0.2.1", "for=198.51.100.1")).isEqualTo("192.0.2.1");
        assertThat(trusting()
                        .clientOf(PROXY, List.of("198.51.100.1"), List.of())
                        .toString())
                .isEqualTo(PROXY);
    }

    @Test
    void tellsTheWholeAddressToo() {
        TrustedProxies proxies =
                new TrustedProxies(List.of(Network.parse("10.0.0.0/8").orElseThrow()));
        assertThat(proxies.addressOf("10.0.0.1", List.of("203.0.113.5"), List.of()))
                .isEqualTo("203.0.113.5");
        assertThat(proxies.addressOf("10.0.0.1", List.of("2001:db8::1"), List.of()))
                .isEqualTo("2001:db8:0:0:0:0:0:1");
        assertThat(proxies.addressOf("198.51.100.1", List.of("203.0.113.5"), List.of()))
                .isEqualTo("198.51.100.1");
        assertThat(proxies.addressOf("unix", List.of("203.0.113.5"), List.of())).isEqualTo("unix");
    }

    @Test
    void aTrustedProxyWithoutAHeaderIsTheClient() {
        assertThat(client(PROXY)).isEqualTo(PROXY);
        assertThat(client(PROXY, "", " , ,")).isEqualTo(PROXY);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1                        | 192.0.2.1",
                "198.51.100.1, 192.0.2.1          | 192.0.2.1",
                "198.51.100.1,192.0.2.1,10.9.9.9  | 192.0.2.1",
                "192.0.2.1 , , 10.9.9.9 , ,       | 192.0.2.1",
                "192.0.2.1:4711                   | 192.0.2.1",
                "2001:db8::1, fd00::1             | 2001:db8:0:0::/64",
                "[2001:db8::1]:80                 | 2001:db8:0:0::/64",
                "::ffff:192.0.2.1                 | 192.0.2.1",
                "192.0.2.1, ::ffff:10.9.9.9       | 192.0.2.1",
                // Of the network of a trusted proxy, but not the proxy.
                "192.0.2.1, fd00::2               | fd00:0:0:0::/64",
                // All trusted: the farthest.
                "10.0.0.3, 10.0.0.2               | 10.0.0.3",
                // What is no address ends it.
                "192.0.2.1, unknown               | 10.0.0.1",
                "192.0.2.1, unknown, 10.0.0.2     | 10.0.0.2",
                "192.0.2.1, \"10.0.0.2\"          | 10.0.0.1",
                "unknown, 192.0.2.1               | 192.0.2.1",
                "\", 192.0.2.1                    | 192.0.2.1"
            })
    void walksFromTheLastToTheFirstThatIsNotTrusted(String header, String client) {
        assertThat(client(PROXY, header)).isEqualTo(client);
    }

    @Test
    void walksOverHeaderLinesFromTheLast() {
        assertThat(client(PROXY, "198.51.100.1", "192.0.2.1, 10.0.0.3", "", "10.0.0.2"))
                .isEqualTo("192.0.2.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\u0001',
            value = {
                "for=192.0.2.1                                                  | 192.0.2.1",
                "For=192.0.2.1;proto=https;by=10.0.0.1                          | 192.0.2.1",
                "proto=http; FOR=\"192.0.2.1\" ; by=_x;                         | 192.0.2.1",
                "for=\"[2001:db8::1]:4711\"                                     | 2001:db8:0:0::/64",
                "for=\"[2001:db8::1]\", for=10.2.3.4                            | 2001:db8:0:0::/64",
                "for=198.51.100.1, for=\"192.0.2.1:4711\"                       | 192.0.2.1",
                "for=\"192.0\\.2.1\"                                            | 192.0.2.1",
                "for=192.0.2.1;host=\"a,b;for=c\", for=10.0.0.2;host=\"\\\",\"  | 192.0.2.1",
                "for=192.0.2.1;host=\"\\\\\", for=10.0.0.2                      | 192.0.2.1",
                // Half a pair of quotes in what the client wrote itself.
                "for=\"198.51.100.1, for=192.0.2.1                              | 192.0.2.1",
                "for=198.51.100.1;x=\", for=\"[2001:db8::1]:4711\"              | 2001:db8:0:0::/64",
                "for=198.51.100.1\\, for=192.0.2.1                              | 192.0.2.1",
                // What is no address, or not well formed, ends it.
                "for=192.0.2.1, for=unknown                                     | 10.0.0.1",
                "for=192.0.2.1, for=_hidden                                     | 10.0.0.1",
                "for=192.0.2.1, proto=https                                     | 10.0.0.1",
                "for=192.0.2.1;for=192.0.2.2                                    | 10.0.0.1",
                "for=                                                           | 10.0.0.1",
                "for                                                            | 10.0.0.1",
                "=;for                                                          | 10.0.0.1",
                "for=192.0.2.1;proto                                            | 10.0.0.1",
                "for=\"192.0.2.1\"x                                             | 10.0.0.1",
                "for=\"192.0.2.1                                                | 10.0.0.1",
                "for=\"192.0.2.1\\\"                                            | 10.0.0.1",
                "for=\"\\                                                       | 10.0.0.1",
                "192.0.2.1                                                      | 10.0.0.1"
            })
    void readsTheStandardHeader(String header, String client) {
        assertThat(forwarded(PROXY, header)).isEqualTo(client);
    }

    @Test
    void theOlderHeaderWinsOverTheStandardOne() {
        assertThat(proxies.clientOf(PROXY, List.of("192.0.2.1"), List.of("for=192.0.2.2"))
                        .toString())
                .isEqualTo("192.0.2.1");
        assertThat(proxies.clientOf(PROXY, List.of("unknown"), List.of("for=192.0.2.2"))
                        .toString())
                .isEqualTo(PROXY);
    }

    @Test
    void aPeerWithoutAnAddressIsAClientOfItsOwn() {
        assertThat(proxies.clientOf("", List.of("192.0.2.1"), List.of())).isEqualTo(ClientAddress.UNKNOWN);
        assertThat(proxies.clientOf("/run/gateway.sock", List.of(), List.of())).isEqualTo(ClientAddress.UNKNOWN);
    }

    @Test
    void goesNoFartherThanAChainOfProxiesIsLong() {
        List<String> hops = new ArrayList<>(Collections.nCopies(TrustedProxies.FARTHEST, "10.0.0.2"));
        hops.set(0, "10.0.0.3");
        assertThat(client(PROXY, "192.0.2.1, " + String.join(", ", hops))).isEqualTo("10.0.0.3");

        hops.set(0, "192.0.2.1");
        assertThat(client(PROXY, String.join(", ", hops))).isEqualTo("192.0.2.1");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.1.2.3/8, 10.255.255.255, true",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.0, false",
        "192.0.2.0/31, 192.0.2.1, true",
        "192.0.2.0/32, 192.0.2.1, false",
        "0.0.0.0/0, 255.255.255.255, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 192.0.2.1, false",
        "::ffff:10.0.0.0/104, 10.1.2.3, true",
        "::ffff:10.0.0.0/104, 11.1.2.3, false",
        "10.0.0.0/8, ::ffff:10.1.2.3, true",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::/64, 2001:db8::ffff:ffff:ffff:ffff, true",
        "2001:db8::/64, 2001:db8:0:1::, false",
        "2001:db8::/65, 2001:db8::7fff:ffff:ffff:ffff, true",
        "2001:db8::/65, 2001:db8::8000:0:0:0, false",
        "2001:db8::1, 2001:db8::1, true",
        "2001:db8::1, 2001:db8::2, false",
        "2001:db8::1/128, 2001:db8::1, true",
        "fe80::/10, fe80::1%eth0, true"
    })
    void aPeerInATrustedNetworkIsTrusted(String network, String peer, boolean trusted) {
        String client = trusting(network)
                .clientOf(peer, List.of("203.0.113.9"), List.of())
                .toString();
        assertThat(client.equals("203.0.113.9")).isEqualTo(trusted);
    }

    /** However a client begins the header, what the trusted proxy appended is what counts. */
    @Test
    void nothingInFrontChangesWhatAProxyAppends() {
        Random random = new Random(5);
        for (int round = 0; round < 100_000; round++) {
            String junk = ClientAddressTest.junk(random, "19.:[]%\"\"\\\\,,;;==for ", 40);
            assertThat(client(PROXY, junk + ", 192.0.2.1")).as(junk).isEqualTo("192.0.2.1");
            assertThat(client(PROXY, junk, "192.0.2.1, 10.0.0.2")).as(junk).isEqualTo("192.0.2.1");
            assertThat(forwarded(PROXY, junk + ", for=\"[2001:db8::1]:4711\";host=\"a,b\""))
                    .as(junk)
                    .isEqualTo("2001:db8:0:0::/64");
        }
    }

    @Test
    void junkThrowsNothing() {
        Random random = new Random(6);
        for (int round = 0; round < 200_000; round++) {
            String junk = ClientAddressTest.junk(random, "10.0.0.2,:[]%\"\\;=for \t\u0000\u00e9", 60);
            assertThat(client(PROXY, junk)).isNotEmpty();
            assertThat(forwarded(PROXY, junk)).isNotEmpty();
        }
    }

    @Test
    void longHeadersAreReadInTimeProportionalToTheirLength() {
        for (String unit :
                List.of(",", "\"", "\\", "\\\"", "10.0.0.2,", "for=10.0.0.2,", "for=\"\\\\", ";", "=", "for=;")) {
            String header = unit.repeat(1_000_000 / unit.length());
            assertThat(client(PROXY, header)).startsWith("10.0.0.");
            assertThat(forwarded(PROXY, header)).startsWith("10.0.0.");
        }
    }

    private String client(String peer, String... forwardedFor) {
        return proxies.clientOf(peer, List.of(forwardedFor), List.of()).toString();
    }

    private String forwarded(String peer, String... forwarded) {
        return proxies.clientOf(peer, List.of(), List.of(forwarded)).toString();
    }
}
