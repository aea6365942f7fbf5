package io.llmproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llmproxy.audit.AuditBook;
import io.llmproxy.audit.AuditEntry;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.audit.AuditQuery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class AuditTrailTest {
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<AuditNote> kept = new ArrayList<>();
    private boolean away;
    private long now;
    private final AuditTrail trail = new AuditTrail(
            new AuditBook() {
                @Override
                public boolean isKept() {
                    return true;
                }

                @Override
                public void write(AuditNote note) {
                    if (away) {
                        throw new IllegalStateException("the store does not answer");
                    }
                    kept.add(note);
                }

                @Override
                public List<AuditEntry> find(AuditQuery query) {
                    return List.of();
                }
            },
            () -> now);

    @BeforeEach
    void listen() {
        log.start();
        logger().setLevel(Level.INFO);
        logger().addAppender(log);
    }

    @AfterEach
    void leave() {
        logger().detachAppender(log);
        logger().setLevel(null);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(AuditTrail.LOGGER);
    }

    private static AuditNote note(String outcome) {
        return new AuditNote(
                "ann",
                "session",
                "10.0.0.7",
                "adm_1",
                "upstream.weight",
                "u",
                "{\"weight\":1}",
                "{\"weight\":2}",
                outcome,
                null);
    }

    @Test
    void anActIsKeptAndLogged() {
        trail.done(note(AuditNote.DONE));
        trail.kept(note(AuditNote.DONE).of(7));

        assertThat(kept).containsExactly(note(AuditNote.DONE));
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "{\"action\":\"upstream.weight\",\"object\":\"u\",\"outcome\":\"done\",\"actor\":\"ann\","
                                + "\"authentication\":\"session\",\"address\":\"10.0.0.7\",\"request_id\":\"adm_1\","
                                + "\"before\":{\"weight\":1},\"after\":{\"weight\":2}}",
                        "{\"action\":\"upstream.weight\",\"object\":\"u\",\"outcome\":\"done\",\"actor\":\"ann\","
                                + "\"authentication\":\"session\",\"address\":\"10.0.0.7\",\"request_id\":\"adm_1\","
                                + "\"version\":7,\"before\":{\"weight\":1},\"after\":{\"weight\":2}}");
    }

    @Test
    void anActWhoseNoteCannotBeKeptIsInTheLog() {
        away = true;
        trail.done(note(AuditNote.DONE));

        assertThat(log.list)
                .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
                .element(1)
                .isEqualTo("ERROR audit entry upstream.weight (request adm_1) could not be stored, only logged:"
                        + " the store does not answer");
    }

    @Test
    void whatStrangersTryIsBoundedAndCounted() {
        for (int i = 0; i < 1000; i++) {
            trail.strange(note("unauthorized"));
        }
        assertThat(kept).hasSize(30);
        trail.refused(note("forbidden"));
        assertThat(kept).hasSize(31);

        now += Duration.ofMinutes(5).toNanos();
        trail.strange(note("unauthorized"));
        trail.strange(note("unauthorized"));
        assertThat(kept).hasSize(33);
        assertThat(kept.get(31).after()).isEqualTo("{\"left_out\":970}");
        assertThat(kept.get(32)).isEqualTo(note("unauthorized"));
    }
}
