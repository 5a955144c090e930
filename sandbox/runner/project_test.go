package runner

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const realProject = `name: vmst
runtime: go
main: cmd
backend:
  url: s3://state
plugins:
  providers:
    - name: digitalocean
      path: ../provider
config:
  pulumi:disable-default-providers: ["*"]
`

const realStack = `# A comment.
secretsprovider: awskms://alias/state
encryptedkey: QUJD
encryptionsalt: v1:real:salt
environment: [somewhere]
config:
  vmst:settings:
    domain: example.org
    list:
      - secure: v1:AAAA
      - plain
    nested:
      key:
        secure: v1:BBBB
  vmst:secrets:
    token:
      secure: v1:CCCC
`

func writeProject(t *testing.T) (root, work string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.yaml"), []byte(realProject), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.prod.yaml"), []byte(realStack), 0o600))
	return root, filepath.Join(root, ".sandbox", "work", "prod")
}

// setup needs the named secrets, and says what it was asked with.
func setup(asked *string, names ...string) func(string) (Setup, error) {
	return func(settings string) (Setup, error) {
		*asked = settings
		return Setup{Secrets: names}, nil
	}
}

// copyProject reads the project and writes its copy.
func copyProject(root, work, stack string, setup func(string) (Setup, error)) (*project, error) {
	p, err := readProject(root, stack, setup)
	if err != nil {
		return nil, err
	}
	return p, p.write(work)
}

func decodeFile(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, yaml.Unmarshal(text, &decoded))
	return decoded
}

func TestCopyProject(t *testing.T) {
	t.Parallel()
	root, work := writeProject(t)
	var asked string
	p, err := copyProject(root, work, "prod", setup(&asked, "token", "smtp.password"))
	require.NoError(t, err)
	assert.Equal(t, "vmst", p.name)
	assert.Equal(t, []string{"token", "smtp.password"}, p.missing)
	assert.Equal(t, []string{"vmst:settings.list[0]", "vmst:settings.nested.key"}, p.replaced)
	assert.JSONEq(t,
		`{"domain":"example.org","list":["`+FakeSecret("vmst:settings.list[0]")+`","plain"],
			"nested":{"key":"`+FakeSecret("vmst:settings.nested.key")+`"}}`, asked)
	assert.Equal(t, map[string]any{
		"name": "vmst", "runtime": "go", "config": map[string]any{"pulumi:disable-default-providers": []any{"*"}},
	}, decodeFile(t, filepath.Join(work, "Pulumi.yaml")))
	assert.Equal(t, map[string]any{"config": map[string]any{"vmst:settings": map[string]any{
		"domain": "example.org",
		"list":   []any{FakeSecret("vmst:settings.list[0]"), "plain"},
		"nested": map[string]any{"key": FakeSecret("vmst:settings.nested.key")},
	}}}, decodeFile(t, filepath.Join(work, "Pulumi.prod.yaml")))
	for file, want := range map[string]string{"Pulumi.yaml": realProject, "Pulumi.prod.yaml": realStack} {
		got, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "the committed file is only read")
	}
}

// What a person need not set is set where they have set it.
func TestOptionalSecretsAreThoseOfTheStacksFile(t *testing.T) {
	t.Parallel()
	root, work := writeProject(t)
	p, err := copyProject(root, work, "prod", func(string) (Setup, error) {
		return Setup{Secrets: []string{"apiToken"}, Optional: []string{"token", "deadMansSwitch"}}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"apiToken", "token"}, p.missing)
	assert.Equal(t, "https://sandbox.invalid/fake-deadMansSwitch-for-the-sandbox", FakeSecret("deadMansSwitch"))
}

func TestCopyProjectKeepsSaltAndSecretsOfTheLastRun(t *testing.T) {
	t.Parallel()
	root, work := writeProject(t)
	require.NoError(t, os.MkdirAll(work, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(work, "Pulumi.prod.yaml"), []byte(
		"encryptionsalt: v1:ours\nconfig:\n  vmst:secrets:\n    smtp:\n      password:\n        secure: v1:OURS\n",
	), 0o600))
	p, err := copyProject(root, work, "prod", setup(new(string), "smtp.password"))
	require.NoError(t, err)
	assert.Empty(t, p.missing, "all that are needed are there")
	decoded := decodeFile(t, filepath.Join(work, "Pulumi.prod.yaml"))
	assert.Equal(t, "v1:ours", decoded["encryptionsalt"])
	assert.Equal(t, map[string]any{"smtp": map[string]any{"password": map[string]any{"secure": "v1:OURS"}}},
		decoded["config"].(map[string]any)["vmst:secrets"])
	p, err = copyProject(root, work, "prod", setup(new(string), "smtp.password", "token"))
	require.NoError(t, err)
	assert.Equal(t, []string{"smtp.password", "token"}, p.missing, "another set of secrets is set anew")
	decoded = decodeFile(t, filepath.Join(work, "Pulumi.prod.yaml"))
	assert.Equal(t, "v1:ours", decoded["encryptionsalt"], "the state is encrypted with it")
	assert.NotContains(t, decoded["config"], "vmst:secrets")
}

func TestCopyProjectSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	root, work := writeProject(t)
	_, err := copyProject(root, work, "production", nil)
	require.EqualError(t, err, `stack "production": there is no Pulumi.production.yaml: the stacks are prod`)
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.prod.yaml"), []byte("- a\n"), 0o600))
	_, err = copyProject(root, work, "prod", nil)
	require.ErrorContains(t, err, "Pulumi.prod.yaml: it is not a mapping")
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.yaml"), []byte("runtime: go\n"), 0o600))
	_, err = copyProject(root, work, "prod", nil)
	require.ErrorContains(t, err, "the project has no name")
}

// Nothing is there afterwards that was not there before.
func TestWrongSettingsAreSaidBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	root, work := writeProject(t)
	wrong := errors.New("vmst:settings.domain: the domain is wrong")
	_, err := Open(t.Context(), Options{
		Program: inAnyWorld(noProgram), ProjectDir: root, PulumiCommand: "there is none",
		Setup: func(string) (Setup, error) { return Setup{}, wrong },
	})
	require.EqualError(t, err, filepath.Join(root, "Pulumi.prod.yaml")+": "+wrong.Error())
	require.NoDirExists(t, filepath.Dir(filepath.Dir(work)))
}

func TestFindRoot(t *testing.T) {
	t.Parallel()
	root, _ := writeProject(t)
	below := filepath.Join(root, "a", "b")
	require.NoError(t, os.MkdirAll(below, 0o700))
	found, err := FindRoot(below)
	require.NoError(t, err)
	assert.Equal(t, root, found)
	_, err = FindRoot(filepath.Dir(root))
	require.ErrorContains(t, err, "run this inside the repository")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	root, _ := writeProject(t)
	_, _, err := Options{ProjectDir: root}.withDefaults()
	require.ErrorContains(t, err, "Program is missing")
	program := Options{Program: inAnyWorld(noProgram), ProjectDir: root}
	filled, found, err := program.withDefaults()
	require.NoError(t, err)
	assert.Equal(t, root, found)
	assert.Equal(t, "prod", filled.Stack)
	assert.Equal(t, filepath.Join(root, ".sandbox"), filled.StateDir)
	assert.Equal(t, os.Stdout, filled.Stdout)
	program.Stack = "../prod"
	_, _, err = program.withDefaults()
	require.ErrorContains(t, err, `stack "../prod"`)
	program.Stack, program.Color = "prod", "pink"
	_, _, err = program.withDefaults()
	require.EqualError(t, err, `color "pink": choose auto, always or never`)
}
