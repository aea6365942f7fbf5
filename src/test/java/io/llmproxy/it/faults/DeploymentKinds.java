package io.llmproxy.it.faults;

import io.llmproxy.testing.Deployment.Kind;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.AnnotationConsumer;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** Runs a test once for each way to run the gateway that its {@link Fault} names. */
final class DeploymentKinds implements ArgumentsProvider, AnnotationConsumer<Fault> {
    private @Nullable Fault fault;

    @Override
    public void accept(Fault annotation) {
        fault = annotation;
    }

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        return fault == null
                ? Stream.empty()
                : Stream.of(fault.on()).filter(Kind::isTested).map(Arguments::of);
    }
}
