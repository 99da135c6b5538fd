// Every limit of the work side, by name. A request beyond one is refused with LIMIT, never cut short in silence.
namespace Referee.Work;

public static class WorkLimits
{
    public const long LeaseMillisecondsUsual = 5 * 60 * 1000;
    public const long LeaseMillisecondsMax = 24 * 60 * 60 * 1000;
    public const int TitleCharactersMax = 256;
    public const int BodyBytesMax = 64 * 1024;
    public const int NoteCharactersMax = 1024;
    public const int SubjectCharactersMax = 128;
    public const int DependenciesMax = 32;
    public const int LabelsMax = 16;
    public const int CriteriaMax = 64;
    public const int CriterionCharactersMax = 1024;
    public const int RenewalsMax = 64;
    public const int PageMax = 500;

    /// <summary>Larger texts lie in the details, with a digest in the slot.</summary>
    public const int EvidenceInlineBytesMax = 256;
    public const int EvidenceBytesMax = 64 * 1024;

    /// <summary>A late result of at most this size is kept whole; of a larger one only the digest.</summary>
    public const int OrphanBytesMax = 4 * 1024;

    /// <summary>Ready items that a claim by label looks through, per stage.</summary>
    public const int LabelCandidatesMax = 64;
}
