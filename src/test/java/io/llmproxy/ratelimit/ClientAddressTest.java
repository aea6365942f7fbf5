package io.llmproxy.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.net.IpAddress;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientAddressTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "192.0.2.1:4711, 192.0.2.1",
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255:65535, 255.255.255.255",
        "::1, 0:0:0:0::/64",
        "::, 0:0:0:0::/64",
        "[::1], 0:0:0:0::/64",
        "[::1]:123, 0:0:0:0::/64",
        "0:0:0:0:0:0:0:1, 0:0:0:0::/64",
        "2001:db8::1, 2001:db8:0:0::/64",
        "2001:DB8:a:B:c:D:e:F, 2001:db8:a:b::/64",
        "1:2:3:4:5:6:7::, 1:2:3:4::/64",
        "::2:3:4:5:6:7:8, 0:2:3:4::/64",
        "1::8, 1:0:0:0::/64",
        "1:2:3:4:5:6:192.0.2.1, 1:2:3:4::/64",
        "fe80::1%eth0, fe80:0:0:0::/64",
        "[fe80::1%eth0.1]:80, fe80:0:0:0::/64",
        "[fe80::1%25eth0], fe80:0:0:0::/64",
        "::ffff:192.0.2.1, 192.0.2.1",
        "::ffff:c000:201, 192.0.2.1",
        "0:0:0:0:0:ffff:192.0.2.1, 192.0.2.1",
        "[::ffff:192.0.2.1]:4711, 192.0.2.1",
        // Of old; not mapped.
        "::192.0.2.1, 0:0:0:0::/64",
        "64:ff9b::192.0.2.1, 64:ff9b:0:0::/64",
    })
    void readsAnAddressAndSaysWhatItTellsApart(String literal, String identity) {
        assertThat(ClientAddress.parse(literal)).map(ClientAddress::toString).hasValue(identity);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "unknown",
                "_hidden",
                "localhost",
                "example.com",
                "-",
                "1",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.",
                ".1.2.3",
                "1..2.3",
                "1.2.3.256",
                "1.2.3.999",
                "1.2.3.0004",
                "1.2.3.04",
                "1.2.3.+4",
                "1.2.3.-4",
                "0x7f.0.0.1",
                "2130706433",
                "1.2.3.4 ",
                " 1.2.3.4",
                "1.2.3.4/32",
                "1.2.3.4:",
                "1.2.3.4:x",
                "1.2.3.4:123456",
                "1.2.3.4:-1",
                "1.2.3.4%eth0",
                "[1.2.3.4]",
                "١.٢.٣.٤",
                "１.2.3.4",
                ":",
                ":::",
                "::1::",
                "1::2::3",
                "1:::2",
                ":1",
                ":1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "1:2:3:4::5:6:7:8",
                "12345::",
                "::g",
                "::１",
                "::1 ",
                "::1.2.3",
                "::1.2.3.256",
                "::1.2.3.04",
                "::1.2.3.4:5",
                "1:2:3:4:5:6:7:1.2.3.4",
                "1:2:3:4:5:6:7:8:1.2.3.4",
                "1.2.3.4::",
                "[",
                "]",
                "[]",
                "[::1",
                "::1]",
                "[[::1]]",
                "[::1]]",
                "[::1]80",
                "[::1]:",
                "[::1]:123456",
                "[::1]:8x",
                "[::1]:80:80",
                "fe80::1%",
                "fe80::1%e/0",
                "fe80::1%\u00e9",
                "%eth0",
                "::%eth0%]"
            })
    void refusesAllElse(String text) {
        assertThat(ClientAddress.parse(text)).isEmpty();
    }

    @Test
    void refusesWhatIsTooLongWithoutReadingIt() {
        assertThat(ClientAddress.parse("fe80::1%" + "x".repeat(92))).isPresent();
        assertThat(ClientAddress.parse("fe80::1%" + "x".repeat(93))).isEmpty();
        assertThat(ClientAddress.parse("0".repeat(10_000_000))).isEmpty();
        assertThat(IpAddress.parse(":".repeat(10_000_000))).isEmpty();
    }

    @Test
    void readsWhateverThePlatformWrites() throws Exception {
        Random random = new Random(1);
        for (int round = 0; round < 10_000; round++) {
            byte[] bytes = new byte[round % 2 == 0 ? 4 : 16];
            random.nextBytes(bytes);
            for (int zeros = random.nextInt(bytes.length); zeros > 0; zeros--) {
                bytes[random.nextInt(bytes.length)] = 0;
            }
            InetAddress address = InetAddress.getByAddress(bytes);

            assertThat(IpAddress.parse(address.getHostAddress())).hasValue(whole(address.getAddress()));
        }
    }

    @Test
    void readsEveryWayToLeaveOutZeros() {
        Random random = new Random(2);
        for (int round = 0; round < 10_000; round++) {
            long[] words = random.longs(8, 0, 0x10000).toArray();
            int from = random.nextInt(8);
            int to = from + 1 + random.nextInt(8 - from);
            StringBuilder text = new StringBuilder();
            for (int index = 0; index < 8; index++) {
                if (index >= from && index < to) {
                    words[index] = 0;
                    text.append(index == from ? "::" : "");
                } else {
                    text.append(index > 0 && index != to ? ":" : "").append(Long.toHexString(words[index]));
                }
            }

            assertThat(IpAddress.parse(text.toString()))
                    .as("%s", text)
                    .hasValue(new IpAddress(pack(words, 0), pack(words, 4)));
        }
    }

    /** Whatever is taken is what the JDK takes it for, and junk throws nothing. */
    @Test
    void agreesWithThePlatformOnJunk() throws Exception {
        Random random = new Random(3);
        String alphabet = "0123456789abF:::...";
        int taken = 0;
        for (int round = 0; round < 300_000; round++) {
            String text = junk(random, alphabet, 12);
            var address = IpAddress.parse(text);
            if (address.isPresent()) {
                taken++;
                byte[] bytes = InetAddress.getByName(text.contains(":") ? "[" + text + "]" : text)
                        .getAddress();
                assertThat(address).as(text).hasValue(whole(bytes));
            }
        }
        assertThat(taken).isGreaterThan(100);
    }

    @Test
    void junkThrowsNothing() {
        Random random = new Random(4);
        for (int round = 0; round < 300_000; round++) {
            assertThat(ClientAddress.parse(junk(random, "0123456789abF:::...[]%%/ \"\\,;=\u0000\u00e9١", 24)))
                    .isNotNull();
        }
    }

    @Test
    void clientsOfOneNetworkAreEqual() {
        assertThat(ClientAddress.parse("2001:db8::1")).isEqualTo(ClientAddress.parse("[2001:db8::2]:80"));
        assertThat(ClientAddress.parse("2001:db8::1")).isNotEqualTo(ClientAddress.parse("2001:db8:0:1::1"));
        assertThat(ClientAddress.parse("::1")).isNotEqualTo(ClientAddress.parse("0.0.0.1"));
    }

    static String junk(Random random, String alphabet, int longest) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(longest + 1); length > 0; length--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    private static IpAddress whole(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return bytes.length == 4
                ? IpAddress.ofIpv4(Integer.toUnsignedLong(buffer.getInt()))
                : new IpAddress(buffer.getLong(), buffer.getLong());
    }

    private static long pack(long[] words, int from) {
        return words[from] << 48 | words[from + 1] << 32 | words[from + 2] << 16 | words[from + 3];
    }
}
