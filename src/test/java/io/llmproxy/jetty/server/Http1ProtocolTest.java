package io.llmproxy.jetty.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class Http1ProtocolTest {
    static final List<JettyMember> NEEDED = JettyMember.OF_HTTP1;
    static final List<JettyMember> GONE = List.of(
            JettyMember.of("org.eclipse.jetty.server.internal.HttpConnection", "noSuchMethod"),
            JettyMember.of("org.eclipse.jetty.server.internal.HttpConnection", "newHttpStream", "String"),
            JettyMember.of("org.eclipse.jetty.server.internal.NoSuchClass", "getParser"));

    @ParameterizedTest
    @FieldSource("NEEDED")
    void whatItNeedsOfJettyIsThere(JettyMember member) {
        assertThat(member.isThere()).isTrue();
    }

    @Test
    void itServesWithAJettyThatHasAllOfIt() {
        assertThat(Http1Protocol.of(new HttpConfiguration())).isInstanceOf(Http1Protocol.class);
    }

    @ParameterizedTest
    @FieldSource("GONE")
    void jettysOwnServesIfSomethingIsGone(JettyMember member) {
        assertThat(Http1Protocol.of(new HttpConfiguration(), List.of(member)))
                .isExactlyInstanceOf(HttpConnectionFactory.class);
    }
}
